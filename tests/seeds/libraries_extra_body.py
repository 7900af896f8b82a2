# Gloo AI, "Libraries & SDKs", Passing Gloo-Specific Parameters; goes on from libraries_client.py.
response = client.chat.completions.create(
    model="gloo-anthropic-claude-haiku-4.5",
    messages=[{"role": "user", "content": "What does Ephesians 2:8-9 mean?"}],
    extra_body={"tradition": "evangelical"},
)
print(response.choices[0].message.content)
