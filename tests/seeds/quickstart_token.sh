# Gloo AI, "Chat Completions Quickstart", 1) OAuth2 Token.
TOKEN="$(curl -sS -u "$GLOO_CLIENT_ID:$GLOO_CLIENT_SECRET"   -H "Content-Type: application/x-www-form-urlencoded"   -d "grant_type=client_credentials&scope=api/access"   "$GLOO_BASE/oauth2/token" | jq -r '.access_token')"

echo "TOKEN acquired? ${#TOKEN} chars"
