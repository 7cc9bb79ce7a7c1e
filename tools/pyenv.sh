# Sourced before tox. tox finds other interpreters under pyenv only when PYENV_VERSION lists them; without
# pyenv it uses what is on PATH. PYENV_ROOT is derived from the command, because HOME may be another one.
if command -v pyenv >/dev/null 2>&1; then
    if [ -z "${PYENV_ROOT:-}" ]; then
        PYENV_ROOT=$(dirname "$(dirname "$(readlink -f "$(command -v pyenv)")")")
        export PYENV_ROOT
    fi
    if [ -z "${PYENV_VERSION:-}" ]; then
        # The newest patch release of each minor version, in the order of the matrix.
        PYENV_VERSION=$(for minor in 3.11 3.12 3.13; do
            pyenv versions --bare | grep -E "^$(echo "$minor" | sed 's/\./\\./')\.[0-9]+$" | sort -V | tail -n 1
        done | paste -sd: -)
        [ -n "$PYENV_VERSION" ] && export PYENV_VERSION || unset PYENV_VERSION
    fi
fi
