"""What conditions become in SQL, per engine, and what is named because SQL does not say it."""

import pytest
import sqlglot
from sqlglot import exp

from lanner.archive.fieldcolumns import FieldColumns
from lanner.rules import ir
from lanner.rules.falco.condition import parse_condition
from lanner.rules.sql.compile import Translator
from lanner.rules.sql.dialect import DIALECTS


def translate(text, engine="duckdb", *, doubts=False):
    dialect = DIALECTS[engine]()
    condition = text if isinstance(text, ir.Node) else parse_condition(text)
    found = Translator(FieldColumns(dialect), dialect, doubts=doubts).translate(condition)
    return found.condition.sql(dialect=engine), found.refused


EXACT = [
    # A check is false where its value is absent, and only `not` turns that round.
    ("ka.verb = get", "verb = 'get'"),
    ("not ka.verb = get", "verb IS DISTINCT FROM 'get'"),
    ("ka.verb != get", "verb <> 'get'"),
    ("not ka.verb != get", "NOT COALESCE(verb <> 'get', FALSE)"),
    ("not ka.verb in (b, a, a)", "verb IS NULL OR NOT verb IN ('a', 'b')"),
    ("ka.verb in ()", "FALSE"),
    ("not ka.verb in ()", "TRUE"),
    ("ka.target.name exists", "NOT name IS NULL"),
    ("not ka.target.name exists", "name IS NULL"),
    # Negations go down to the checks.
    (
        "not (ka.verb = get and not ka.stage = Panic)",
        "verb IS DISTINCT FROM 'get' OR stage = 'Panic'",
    ),
    # Case is that of ASCII letters.
    (
        "ka.verb icontains LIST",
        "CONTAINS(TRANSLATE(verb, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), 'list')",
    ),
    ("ka.uri startswith /api", "STARTS_WITH(request_uri, '/api')"),
    ("ka.uri contains ''", "NOT request_uri IS NULL"),
    ("ka.uri glob /api/*", "STARTS_WITH(request_uri, '/api/')"),
    ("ka.uri glob '/a?i*'", "REGEXP_FULL_MATCH(request_uri, '(?s)/a.i.*')"),
    ("ka.uri regex '/api/.*'", "REGEXP_FULL_MATCH(request_uri, '/api/.*')"),
    ("ka.uri pmatch (/api/*/pods)", "REGEXP_FULL_MATCH(request_uri, '(?s)/*(?:api/+[^/]+/+pods)(?:/.*)?')"),
    ('ka.user.name = "a\'; drop"', "username = 'a''; drop'"),
    ("ka.user.groups intersects (a, b)", "LIST_CONTAINS(groups, 'a') OR LIST_CONTAINS(groups, 'b')"),
    ("ka.response.code in (403, x, 007, 0)", "code IN (0, 403)"),
    ("not ka.response.code = 403", "code IS DISTINCT FROM 403"),
    ("ka.response.code != x", "NOT code IS NULL"),
    ("ka.response.code startswith 4", "STARTS_WITH(CAST(code AS TEXT), '4')"),
    ("ka.verb = val(ka.target.name)", "verb = name"),
    ("ka.verb in tolower(ka.target.name)", "FALSE"),
    ("len(ka.verb) > 3", "STRLEN(verb) > 3"),
    ("jevt.value[/verb] = get", "verb = 'get'"),
    ("jevt.value[/user/groups/1] = a", "LIST_EXTRACT(groups, 2) = 'a'"),
    ("evt.source = k8s_audit", "TRUE"),
    ("evt.reltime exists", "FALSE"),
    (
        "ka.auth.openshift.username = x",
        "JSON_EXTRACT_STRING(annotations, '$.\"authentication.openshift.io/username\"') = 'x'",
    ),
]


@pytest.mark.parametrize(("text", "sql"), EXACT)
def test_what_sql_says_exactly(text, sql):
    """Nothing is named, and the SQL is what a person would write."""
    found, refused = translate(text)
    assert refused == ()
    assert found.replace("CASE WHEN JSON_VALID(annotations) THEN annotations END", "annotations") == sql


REFUSED = [
    ("b64(ka.uri) = x", "NOT request_uri IS NULL", "b64(ka.uri): b64()"),
    ("not b64(ka.uri) = x", "TRUE", "b64(ka.uri): b64()"),
    ("evt.num = 3", "TRUE", "evt.num: no column tells it"),
    ("jevt.value[/none] = 3", "NOT rest IS NULL OR (rest IS NULL AND NOT line IS NULL)", None),
    ("tolower(ka.user.groups) in (a)", "NOT groups IS NULL", None),
    ("ka.verb glob val(ka.uri)", "TRUE", "ka.verb: glob with a field on its right"),
]


@pytest.mark.parametrize(("text", "sql", "name"), REFUSED)
def test_what_sql_does_not_say_is_named_and_weakened(text, sql, name):
    """To what is sure where the check stands as it is, to TRUE below a negation."""
    found, refused = translate(text)
    assert len(refused) == 1
    assert refused[0] == (name or refused[0])
    assert sql in {found, found.replace("CASE WHEN ARRAY_LENGTH(groups) > 0 THEN groups END", "groups")}


def test_the_rest_of_a_condition_keeps_its_meaning_beside_a_refused_part():
    """AND keeps what is known; an OR with an unknown part is open."""
    assert translate("ka.verb = get and evt.num = 3")[0] == "verb = 'get'"
    assert translate("ka.verb = get or evt.num = 3")[0] == "TRUE"
    assert translate("not (ka.verb = get or evt.num = 3)")[0] == "verb IS DISTINCT FROM 'get'"


ENGINES = [
    ("spark", "ka.uri contains a", "CONTAINS(request_uri, 'a')"),
    ("trino", "ka.uri contains a", "STRPOS(request_uri, 'a') > 0"),
    ("trino", "ka.uri endswith abc", "SUBSTR(request_uri, -3) = 'abc'"),
    ("spark", "ka.uri regex '^/a.c$'", r"request_uri RLIKE '\\A(?:/a[^\\n]c)\\z'"),
    ("trino", "ka.uri regex '/a.c'", r"REGEXP_LIKE(request_uri, '\A(?:/a[^\n]c)\z')"),
    ("spark", "ka.req.pod.host_network = true", "GET_JSON_OBJECT(request_object, '$.spec.hostNetwork') = 'true'"),
    ("trino", "ka.req.pod.host_network = true", "JSON_EXTRACT_SCALAR(request_object, '$.spec.hostNetwork') = 'true'"),
    ("spark", "jevt.rawtime = 0", "CAST(UNIX_MICROS(time) * 1000 AS STRING) = '0'"),
    ("trino", "ka.user.groups in (a)", None),
    ("spark", "len(ka.uri) = 3", "OCTET_LENGTH(request_uri) = 3"),
    ("trino", "basename(ka.uri) = x", "ELEMENT_AT(SPLIT(request_uri, '/'), -1) = 'x'"),
]


@pytest.mark.parametrize(("engine", "text", "sql"), ENGINES)
def test_other_engines_have_their_own_words(engine, text, sql):
    """The same meaning in Spark's and Trino's SQL."""
    found, refused = translate(text, engine)
    assert refused == ()
    assert sql is None or found == sql


@pytest.mark.parametrize("engine", ["spark", "trino"])
@pytest.mark.parametrize(
    "text",
    [
        *("ka.uri regex '[[:alpha:]]+'", "ka.uri regex '(^a|b)'", "ka.req.pod.host_network exists"),
        *("ka.req.pod.host_network != true", "ka.req.pod.run_as_user = 0", "ka.req.pod.containers.image in (a)"),
    ],
)
def test_what_another_engine_may_read_otherwise_is_named(engine, text):
    """Java's regular expressions, null in JSON, and how a number is written there."""
    assert len(translate(text, engine)[1]) == 1


@pytest.mark.parametrize("engine", list(DIALECTS))
def test_every_recorded_condition_is_sql_that_its_engine_can_parse(engine, oracle_conditions):
    """What sqlglot writes in a dialect it reads back, and all columns are the archive's."""
    for row in oracle_conditions:
        if "matches" in row:
            sql, _ = translate(row["condition"], engine)
            parsed = sqlglot.parse_one(f"SELECT 1 FROM events WHERE {sql}", dialect=engine)
            assert parsed.find(exp.Where), row["condition"]


def test_a_condition_at_the_depth_limit_is_translated_or_named():
    """No depth that a rule may have ends in an exception."""
    tree = parse_condition("ka.verb = create")
    for number in range(ir.DEPTH // 2 - 1):
        tree = ir.Not((ir.And if number % 2 else ir.Or)((tree, parse_condition("ka.user.name = nobody"))))
    sql, refused = translate(tree)
    assert sql.count("nobody") == ir.DEPTH // 2 - 1 or refused
