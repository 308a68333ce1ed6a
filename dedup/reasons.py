"""Why a document is removed, as the lists of removed documents say it."""

REPOSITORY_DUPLICATE = "repository_duplicate"
EXACT_DUPLICATE = "exact_duplicate"
URL_DUPLICATE = "url_duplicate"
NEAR_DUPLICATE = "near_duplicate"
