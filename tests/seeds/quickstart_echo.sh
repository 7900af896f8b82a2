# Gloo AI, "Chat Completions Quickstart", Minimal Health Checks, A. Exact echo.
curl -sS -H "Authorization: Bearer $TOKEN"      -H "Content-Type: application/json"      "$GLOO_BASE/ai/v1/chat/completions"      -d '{
       "model": "'"$GLOO_MODEL"'",
       "messages": [{"role":"user","content":"Return EXACTLY this string and nothing else: PING-9473e0"}],
       "max_tokens": 8,
       "temperature": 0.0,
       "stream": false
     }' | jq .
