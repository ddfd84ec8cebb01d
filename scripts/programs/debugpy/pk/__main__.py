import json

from pk import work

print(__name__, json.dumps(work.ROWS))
