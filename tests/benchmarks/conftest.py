from benchmarks.pages import is_installed

# It takes half a gigabyte, so CI goes without it: `npm ci --prefix benchmarks/postgraphile` installs it.
collect_ignore = [] if is_installed() else ["test_beside_postgraphile.py"]
