# Gloo AI, "Completions" guide, Make a Chat Completion Call; get_access_token is that of
# completions_complete.py.
import time
import requests

def is_token_expired(token_info):
    """Checks if the token is expired or close to expiring."""
    if not token_info or 'expires_at' not in token_info:
        return True
    #- Check if expired, with a 60-second buffer
    return time.time() > (token_info['expires_at'] - 60)

def make_chat_completion_request(token_info):
    """Makes a chat completion request, refreshing the token if needed."""

    if is_token_expired(token_info):
        print("Token is expired or missing. Fetching a new one...")
        token_info = get_access_token()

    api_url = "https://platform.ai.gloo.com/ai/v1/chat/completions"
    headers = {
        "Authorization": f"Bearer {token_info['access_token']}",
        "Content-Type": "application/json"
    }

    payload = {
        "model": "us.anthropic.claude-sonnet-4-20250514-v1:0",
        "messages": [
            {"role": "user", "content": "How can I be joyful in hard times?"}
        ]
    }

    response = requests.post(api_url, headers=headers, json=payload)
    response.raise_for_status()

    return response.json()
