"""No file of ours imports itself by way of others: what means each other is one file, or lacks a third below both.

strawberry's types that name each other do so lazily, by text; what they import for the type checker alone is named in
the import contract on circles in GraphQL.
"""

import grimp


def test_has_no_circle_of_several_files():
    graph = grimp.build_graph("app", "workers", exclude_type_checking_imports=True)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert circles(imports) == []


def test_finds_circles_of_any_length():
    imports = {"a": {"b", "x"}, "b": {"c"}, "c": {"a"}, "x": {"y"}, "y": {"z", "x"}, "z": set(), "alone": {"a"}}
    assert circles(imports) == [["a", "b", "c"], ["x", "y"]]


def circles(imports):
    """Modules that reach each other, in groups: the strongly connected parts of more than one."""
    reached = {module: _reached_from(module, imports) for module in imports}
    groups = {
        frozenset(other for other in reached[module] if module in reached[other])
        for module in imports
        if module in reached[module]
    }
    return sorted(sorted(group) for group in groups if len(group) > 1)


def _reached_from(module, imports):
    found, waiting = set(), [module]
    while waiting:
        for other in imports[waiting.pop()] - found:
            found.add(other)
            waiting.append(other)
    return found
