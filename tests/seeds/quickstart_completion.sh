# Gloo AI, "Chat Completions Quickstart", 2) Chat Completion (non-stream).
curl -sS -H "Authorization: Bearer $TOKEN"      -H "Content-Type: application/json"      "$GLOO_BASE/ai/v1/chat/completions"      -d '{
       "model": "'"$GLOO_MODEL"'",
       "messages": [{"role":"user","content":"Explain the seven seals in two concise sentences."}],
       "max_tokens": 256,
       "temperature": 0.7,
       "stream": false
     }' | jq .
