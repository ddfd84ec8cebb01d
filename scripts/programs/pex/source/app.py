import json

import ledger

print(__name__, json.dumps(ledger.ROWS))
