"""The paths that Gloo has, and no others (protocol section 1)."""

TOKEN = "/oauth2/token"
MODELS = "/platform/v2/models"
LEAN_MODELS = "/ai/v1/models"
COMPLETIONS_V1 = "/ai/v1/chat/completions"
GROUNDED = ("/ai/v2/chat/completions/grounded", "/ai/v2/grounded/chat/completions")
# Whether the families take access tokens, and not only static keys, is unknown: all do here.
COMPLETIONS = (
    COMPLETIONS_V1,
    "/ai/v2/chat/completions",
    *GROUNDED,
    "/ai/v2/guarded/chat/completions",
    "/ai/v2/direct/chat/completions",
)
EMBEDDINGS = "/ai/v2/direct/embeddings"
RESPONSES_V1 = "/ai/v1/responses"
GROUNDED_RESPONSES = "/ai/v1/grounded/responses"
# No guardrails, no tradition.
BARE_RESPONSES = (RESPONSES_V1, GROUNDED_RESPONSES)
RESPONSES = ("/ai/v2/guarded/responses", "/ai/v2/responses", RESPONSES_V1, GROUNDED_RESPONSES)
