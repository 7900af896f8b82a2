# Gloo AI, API reference, Chat Completions (the page shows it twice).
curl --request POST \
--url https://platform.ai.gloo.com/ai/v1/chat/completions \
--header 'Authorization: Bearer <token>' \
--header 'Content-Type: application/json' \
--data '{
"model": "us.meta.llama3-3-70b-instruct-v1:0",
"messages": [
{
"role": "user",
"content": "Hello!"
}
],
"max_tokens": 1024,
"stream": false,
"temperature": 0.7,
"tools": [],
"tool_choice": "none"
}'
