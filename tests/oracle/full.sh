#!/bin/sh
# Every stage of VTA-LDM at the released size, by random weights in the released files, beside PyTorch: see full.py.
#     tests/oracle/full.sh FOLDER [STAGE…]
set -eu
here=$(dirname "$0")
(cd "$here/../.." && npm run --silent build)
exec python3 "$here/full.py" "$@"
