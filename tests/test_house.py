"""What CONTRIBUTING.md promises of sizes, imports, tests and docstrings holds."""

import ast
import re
import statistics
import sys
from pathlib import Path

import pytest

import kanalo

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import measure_house as house  # noqa: E402

FILES = house.find_files()

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


# -- sizes -----------------------------------------------------------------------------------------


def test_functions_are_small():
    functions = [each for path in FILES for each in house.measure_functions(path)]
    sizes = sorted(size for _, size in functions)
    assert statistics.median(sizes) <= 8
    assert sizes[int(0.95 * len(sizes))] <= 25
    assert [name for name, size in functions if size > 60] == []


def test_files_are_short():
    lengths = {path: path.read_text("utf-8").count("\n") for path in FILES}
    assert {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > 400} == {}


def test_size_counts_code_alone(tmp_path):
    path = tmp_path / "sizes.py"
    path.write_text(
        'def f(a):\n    """Docstring,\n\n    of three lines.\n    """\n\n'
        '    # a comment\n    text = """two\n    lines"""\n    return (\n        text\n    )\n'
    )
    (name, size), *others = house.measure_functions(path)
    assert (name.endswith("1 f"), size, others) == (True, 6, [])


# -- imports ---------------------------------------------------------------------------------------


def test_modules_never_import_in_a_circle():
    assert house.find_circles(house.find_imports()) == []


def test_longest_chain_of_imports_stays_short():
    chain = house.find_longest_chain(house.find_imports())
    assert len(chain) < 35, " <- ".join(chain)


def test_circles_and_chains_are_found():
    imports = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"d"}}
    assert house.find_circles(imports) == [["b", "c"]]
    assert house.find_longest_chain({**imports, "c": {"d"}}) == ["a", "b", "c", "d"]


# -- tests -----------------------------------------------------------------------------------------


def find_untested():
    """Return the modules without a test file of their name."""
    for path in FILES:
        relative = path.relative_to(house.PACKAGE)
        name = f"test_{path.stem.strip('_')}.py"
        exempt = path.stem in ("__init__", "__main__") or path.stem.endswith(
            ("_kernels", "_layout")
        )
        if not exempt and not (ROOT / "tests" / relative.parent / name).exists():
            yield str(relative)


def read_exceptions():
    """Return the test file of each module in the table of CONTRIBUTING.md."""
    rows = re.findall(r"^\| `(tests/[\w/]+\.py)` \| (.+) \|$", CONTRIBUTING, flags=re.M)
    return {name: tests for tests, names in rows for name in re.findall(r"`(.+?)`", names)}


def test_each_module_has_the_test_file_of_its_name_or_stands_in_the_table():
    assert sorted(set(find_untested()) - set(read_exceptions())) == []


def test_table_of_modules_tested_elsewhere_is_true():
    for module, tests in read_exceptions().items():
        assert (house.PACKAGE / module).is_file(), f"{module} is gone: take it out of the table"
        assert (ROOT / tests).is_file(), f"{tests} is gone: name the tests of {module}"


# -- docstrings ------------------------------------------------------------------------------------


def find_public_functions(path):
    """Yield the public functions and methods of a module with their own arguments."""
    if path.stem.startswith("_") and path.stem != "__init__":
        return
    yield from _walk(ast.parse(path.read_text("utf-8")))


def _walk(node):
    for each in node.body:
        if isinstance(each, ast.ClassDef) and not each.name.startswith("_"):
            yield from _walk(each)
        elif isinstance(each, house.Function) and not each.name.startswith("_"):
            yield each, _arguments(each)


def _arguments(node):
    a = node.args
    every = [*a.posonlyargs, *a.args, *filter(None, (a.vararg,)), *a.kwonlyargs]
    names = [each.arg for each in (*every, *filter(None, (a.kwarg,)))]
    return [name for name in names if name not in ("self", "cls")]


def find_documented(docstring):
    """Return the names that the section Parameters of a docstring explains."""
    section = re.search(r"Parameters\n-+\n(.*?)(?=\n\n[A-Z]\w+\n-+\n|\Z)", docstring, flags=re.S)
    lines = section[1].splitlines() if section else []
    heads = [line.split(" : ")[0] for line in lines if line and not line.startswith(" ")]
    return {name.strip("* ") for head in heads for name in head.split(",")}


def is_command(node):
    """Tell whether arguments are options of a command, whose help explains them."""
    arguments = ast.unparse(node.args)
    return any(sign in arguments for sign in ("Annotated[", "typer.Context")) or any(
        ".command(" in ast.unparse(each) for each in node.decorator_list
    )


def find_missing_sections(node, arguments):
    """Return the sections that the docstring of a function should have and has not."""
    docstring = ast.get_docstring(node) or ""
    sections = set(re.findall(r"^(\w+)\n-+$", docstring, flags=re.M))
    gives = node.returns is not None and ast.unparse(node.returns) not in ("None", "NoReturn")
    wanted = {
        "Parameters": set(arguments) - find_documented(docstring),
        "Returns": gives and not sections & {"Returns", "Yields"},
        "Raises": raises_by_itself(node) and "Raises" not in sections,
    }
    return [name for name, is_missing in wanted.items() if is_missing]


def raises_by_itself(node):
    """Tell whether a function raises an error itself, which a bare `raise` does not."""
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.Raise) and each.exc is not None:
            return True
        is_inner = isinstance(each, house.Function | ast.Lambda | ast.ClassDef)
        if not is_inner and raises_by_itself(each):
            return True
    return False


def find_undocumented(path):
    for node, arguments in find_public_functions(path):
        if len(arguments) < 2 or is_command(node):
            continue
        if missing := find_missing_sections(node, arguments):
            yield f"{node.name} ({', '.join(missing)})"


def find_room(path):
    return path.relative_to(house.PACKAGE).parts[0]


@pytest.mark.parametrize("room", sorted({find_room(path) for path in FILES}))
def test_functions_of_two_or_more_arguments_explain_what_they_take_give_and_refuse(room):
    paths = [path for path in FILES if find_room(path) == room]
    missing = [f"{path.name} {name}" for path in paths for name in find_undocumented(path)]
    assert missing == []


def test_sections_are_read():
    docstring = "Do.\n\nParameters\n----------\na, b : int\n    Two.\n*rest : str\n    More.\n"
    assert find_documented(docstring) == {"a", "b", "rest"}
    assert find_documented("Do.\n\nReturns\n-------\nint\n    One.\n") == set()


def test_missing_sections_are_named():
    (node,) = ast.parse(
        'def f(a, b) -> int:\n    """Do."""\n    if a:\n        raise ValueError(b)\n    return 1\n'
    ).body
    assert find_missing_sections(node, ["a", "b"]) == ["Parameters", "Returns", "Raises"]
    (node,) = ast.parse(
        'def f(a, b) -> None:\n    """Do.\n\n    Parameters\n    ----------\n    a, b : int\n'
        '        Two.\n    """\n    try:\n        g(a)\n    except ValueError:\n        raise\n'
    ).body
    assert find_missing_sections(node, ["a", "b"]) == []


@pytest.mark.parametrize("name", kanalo.__all__)
def test_each_public_name_has_an_example(name):
    assert ">>> " in (getattr(kanalo, name).__doc__ or "")


# -- words -----------------------------------------------------------------------------------------


def test_glossary_defines_each_term_once():
    text = (ROOT / "docs/glossary.md").read_text("utf-8").split("## Words to replace")[0]
    terms = [
        term.strip()
        for cell in re.findall(r"^\| \*\*(.+?)\*\* \|", text, flags=re.M)
        for term in cell.split(",")
    ]
    assert len(terms) >= 20
    assert sorted({each for each in terms if terms.count(each) > 1}) == []
