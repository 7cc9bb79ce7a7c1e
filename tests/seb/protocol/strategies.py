"""Settings as hypothesis makes them."""

from hypothesis import strategies as st

# What XML keeps: no control characters except tab and line feed, no surrogates, no non-characters.
texts = st.text(
    st.one_of(
        st.sampled_from("\t\n &<>\"'\\]"),
        st.characters(min_codepoint=0x20, max_codepoint=0xFFFD, exclude_categories=["Cs"]),
        st.characters(min_codepoint=0x10000),
    ),
    max_size=12,
)
keys = st.text("abcAB019_.- ß\u0130", max_size=6)
integers = st.integers(-(2**63), 2**64 - 1)
reals = st.floats(allow_nan=False, allow_infinity=False)
leaves = st.one_of(st.booleans(), integers, reals, texts, st.binary(max_size=12))
values = st.recursive(
    leaves,
    lambda children: st.one_of(st.lists(children, max_size=4), st.dictionaries(keys, children, max_size=4)),
    max_leaves=20,
)
settings = st.dictionaries(keys, values, max_size=8)
