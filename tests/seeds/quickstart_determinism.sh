# Gloo AI, "Chat Completions Quickstart", Minimal Health Checks, B. Determinism (n).
curl -sS -H "Authorization: Bearer $TOKEN"      -H "Content-Type: application/json"      "$GLOO_BASE/ai/v1/chat/completions"      -d '{
       "model": "'"$GLOO_MODEL"'",
       "messages": [{"role":"user","content":"Say ONE word that is exactly SUN."}],
       "n": 3,
       "temperature": 0.0
     }' | jq '.choices[].message.content'
