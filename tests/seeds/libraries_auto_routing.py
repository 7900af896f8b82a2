# Gloo AI, "Libraries & SDKs", Using Gloo routing; goes on from libraries_client.py.
import requests

response = requests.post(
    "https://platform.ai.gloo.com/ai/v2/chat/completions",
    headers={
        "Authorization": f"Bearer {get_access_token()}",
        "Content-Type": "application/json",
    },
    json={
        "messages": [{"role": "user", "content": "What does Ephesians 2:8-9 mean?"}],
        "auto_routing": True,
        "tradition": "evangelical",
    },
)
response.raise_for_status()
print(response.json()["choices"][0]["message"]["content"])
