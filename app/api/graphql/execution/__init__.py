"""How an operation runs: prepared once per text (parsed, judged, validated), plain fields as generated code."""
