# Gloo AI, "Chat Completions Quickstart", 3) Chat Completion (SSE).
curl -N   -H "Authorization: Bearer $TOKEN"   -H "Content-Type: application/json"   -H "Accept: text/event-stream"   "$GLOO_BASE/ai/v1/chat/completions"   -d '{
    "model": "'"$GLOO_MODEL"'",
    "messages": [{"role":"user","content":"Reply with only: STREAM-OK"}],
    "stream": true,
    "temperature": 0.0,
    "max_tokens": 8
  }'
