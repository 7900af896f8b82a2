# Gloo AI, "Chat Completions Quickstart", Environment Variables.
export GLOO_BASE="https://platform.ai.gloo.com"
export GLOO_CLIENT_ID="YOUR_CLIENT_ID"
export GLOO_CLIENT_SECRET="YOUR_CLIENT_SECRET"
export GLOO_MODEL="us.meta.llama3-3-70b-instruct-v1:0"
