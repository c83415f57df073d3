"""OAuth 2.0's client credentials: an application credential is the client, a token of Keystone its access token.

| OAuth 2.0 | Keystone |
|---|---|
| client_id, client_secret | id and secret of an application credential, in `Authorization: Basic` or in the form |
| access_token, token_type, expires_in | the token that the credential would get, `Bearer`, the seconds it lasts |

Errors are RFC 6749's own (section 5.2), not Keystone's envelope. Certificates of clients are not taken: whatever
stands in front of Dicot ends TLS.
"""

from __future__ import annotations

from dicot.api.route import Route
from dicot.identity.oauth2 import handlers

ROUTES = (Route(method="POST", path="/OS-OAUTH2/token", handler=handlers.create, public=True, raw=True),)
