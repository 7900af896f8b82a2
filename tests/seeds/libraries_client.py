# Gloo AI, "Libraries & SDKs", Python, step 3.
import os
import requests
from openai import OpenAI
from dotenv import load_dotenv

load_dotenv()

# Step 1: Exchange credentials for access token
def get_access_token():
    response = requests.post(
        "https://platform.ai.gloo.com/oauth2/token",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        data={"grant_type": "client_credentials", "scope": "api/access"},
        auth=(os.getenv("GLOO_CLIENT_ID"), os.getenv("GLOO_CLIENT_SECRET"))
    )
    response.raise_for_status()
    return response.json()["access_token"]

# Step 2: Initialize OpenAI client with Gloo AI
client = OpenAI(
    api_key=get_access_token(),  # Use access token as api_key
    base_url="https://platform.ai.gloo.com/ai/v2"
)

# Step 3: Make a request
completion = client.chat.completions.create(
    model="gloo-anthropic-claude-sonnet-4.5",
    messages=[
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "Hello world!"}
    ]
)

print(completion.choices[0].message.content)
