"""Files of all languages load as one set: Falco's, Sigma's rules, correlations over both."""

import subprocess
import sys

from lanner.rules.loading import load_texts

FALCO = """
- rule: Secret read
  desc: d
  condition: ka.target.resource = secrets
  output: o
  priority: INFO
  source: k8s_audit
"""
ID = "11111111-2222-4333-8444-555555555555"
SIGMA = f"""
title: Denied
id: {ID}
name: denied
logsource: {{product: kubernetes, service: audit}}
detection: {{a: {{responseStatus.code: 403}}, condition: a}}
"""
LISTED = """
title: Listed
logsource: {product: kubernetes}
detection: {a: {verb: list}, condition: a}
"""


def correlation(rules, **more):
    body = {"type": "event_count", "timespan": "5m", "condition": "{gte: 3}", "rules": rules, **more}
    lines = "\n".join(f"  {key}: {value}" for key, value in body.items())
    return f"title: Many\ncorrelation:\n{lines}\n"


def load(*texts):
    return load_texts([(f"{number}.yaml", text) for number, text in enumerate(texts)])


def errors(loaded):
    return [(result.file, error.line, error.message) for result in loaded.results for error in result.errors]


def test_rules_come_in_order_falcos_first():
    loaded = load(LISTED, FALCO, SIGMA)
    assert errors(loaded) == []
    assert [(rule.name, rule.file) for rule in loaded.rules] == [
        ("Secret read", "1.yaml"),
        ("Listed", "0.yaml"),
        ("Denied", "2.yaml"),
    ]


def test_a_file_holds_several_documents_and_a_correlation_names_rules_of_later_files():
    loaded = load(f"{correlation('[denied, Secret read]')}---{LISTED}---{SIGMA}", FALCO)
    assert errors(loaded) == []
    (found,) = loaded.correlations
    conditions = {rule.name: rule.condition for rule in loaded.rules}
    assert [part.condition for part in found.parts] == [conditions["Denied"], conditions["Secret read"]]


def test_a_correlation_names_a_sigma_rule_by_title_name_or_id():
    for name in ("Denied", "denied", ID):
        loaded = load(SIGMA, correlation(f"['{name}']"))
        assert errors(loaded) == []
        assert loaded.correlations[0].parts[0].condition == loaded.rules[0].condition


def test_a_sigma_rule_that_a_correlation_names_does_not_alert_by_itself_unless_asked_to():
    def enabled(*texts):
        return {rule.name: rule.enabled for rule in load(FALCO, SIGMA, LISTED, *texts).rules}

    assert enabled(correlation("[denied, Secret read]")) == {"Secret read": True, "Listed": True, "Denied": False}
    assert enabled(correlation("[denied]", generate="true"))["Denied"]
    other = correlation("[denied]", generate="true").replace("Many", "More")
    assert enabled(correlation("[denied]"), other)["Denied"]


def test_a_rule_that_a_correlation_silenced_is_named_in_a_note():
    loaded = load(SIGMA, correlation("[denied]"))
    assert [len(result.notes) for result in loaded.results] == [1, 0]
    assert "'Denied' alerts through correlations only" in loaded.results[0].notes[0]


def test_a_correlation_of_rules_for_other_logs_is_left_out_with_them():
    other = LISTED.replace("product: kubernetes", "product: aws")
    loaded = load(other, correlation("[Listed]"))
    assert (errors(loaded), loaded.rules, loaded.correlations) == ([], [], [])
    assert loaded.results[1].notes == ["'Many' correlates rules for other logs and is left out"]


def test_a_correlation_that_is_no_mapping_is_a_mistake_with_its_place():
    assert [(file, line) for file, line, _ in errors(load("title: x\ncorrelation: [a]\n"))] == [("0.yaml", 2)]


def test_correlations_group_by_sigmas_names_of_fields():
    loaded = load(
        SIGMA,
        correlation(
            "[denied]",
            **{"group-by": "[kubernetes.audit.user.username, who]", "aliases": "{who: {denied: user.groups}}"},
        ),
    )
    assert errors(loaded) == []
    assert [field.name for field in loaded.correlations[0].parts[0].key] == ["ka.user.name", "ka.user.groups"]


def test_two_rules_of_one_name_are_a_mistake():
    assert errors(load(FALCO, LISTED.replace("Listed", "Secret read"))) == [
        ("1.yaml", 2, "'Secret read' is what the rule at 0.yaml:2 is called as well")
    ]
    assert len(errors(load(SIGMA, LISTED.replace("title: Listed", "title: Other\nname: denied")))) == 1


def test_a_bad_document_does_not_hide_the_others():
    loaded = load(f"{LISTED}---\ntitle: Bad\nlogsource: {{product: kubernetes}}\n---{SIGMA}")
    assert [rule.name for rule in loaded.rules] == ["Listed", "Denied"]
    assert [line for _, line, _ in errors(loaded)] == [6]


def test_pysigma_is_loaded_for_sigmas_rules_only():
    code = (
        "import sys; from lanner.rules.loading import load_texts; "
        f"load_texts([('a.yaml', {FALCO!r}), ('b.yaml', {correlation('[Secret read]')!r})]); "
        "assert 'sigma' not in sys.modules; "
        f"load_texts([('a.yaml', {SIGMA!r})]); assert 'sigma' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_yamls_merge_keys_are_an_error_with_their_place():
    loaded = load(f"{SIGMA.rstrip()}\n---\ntitle: x\nlogsource: &a {{product: kubernetes}}\ndetection: {{<<: *a}}\n")
    assert [(line, message[:30]) for _, line, message in errors(loaded)] == [(10, "YAML's merge keys (<<) are not")]
