package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/valyala/fastjson"
)

const everyItem = -1

var (
	errAbsent    = errors.New("absent")
	errWrongType = errors.New("another type")
)

// field is one question: a name, an index or a key.
type field struct {
	written, name, key string
	index              int
}

// plain holds the fields that are one text at one place, lists those that are one list of texts at one place.
var plain = map[string]string{
	"ka.auditid":                 "auditID",
	"ka.stage":                   "stage",
	"ka.verb":                    "verb",
	"ka.uri":                     "requestURI",
	"ka.useragent":               "userAgent",
	"ka.user.name":               "user username",
	"ka.impuser.name":            "impersonatedUser username",
	"ka.auth.decision":           "annotations authorization.k8s.io/decision",
	"ka.auth.reason":             "annotations authorization.k8s.io/reason",
	"ka.auth.openshift.decision": "annotations authentication.openshift.io/decision",
	"ka.auth.openshift.username": "annotations authentication.openshift.io/username",
	"ka.validations.admission.policy.failure": "annotations validation.policy.admission.k8s.io/validation_failure",
	"ka.security.pod.violations":              "annotations pod-security.kubernetes.io/audit-violations",
	"ka.cluster.name":                         "annotations cluster_name",
	"ka.target.name":                          "objectRef name",
	"ka.req.configmap.name":                   "objectRef name",
	"ka.target.namespace":                     "objectRef namespace",
	"ka.target.resource":                      "objectRef resource",
	"ka.target.subresource":                   "objectRef subresource",
	"ka.req.binding.role":                     "requestObject roleRef name",
	"ka.req.configmap.obj":                    "requestObject data",
	"ka.req.pod.host_ipc":                     "requestObject spec hostIPC",
	"ka.req.pod.host_network":                 "requestObject spec hostNetwork",
	"ka.req.container.host_network":           "requestObject spec hostNetwork",
	"ka.req.pod.host_pid":                     "requestObject spec hostPID",
	"ka.req.pod.run_as_user":                  "requestObject spec securityContext runAsUser",
	"ka.req.pod.run_as_group":                 "requestObject spec securityContext runAsGroup",
	"ka.req.pod.fs_group":                     "requestObject spec securityContext fsGroup",
	"ka.req.service.type":                     "requestObject spec type",
	"ka.resp.name":                            "responseObject metadata name",
	"ka.response.code":                        "responseStatus code",
	"ka.response.reason":                      "responseStatus reason",
}

var lists = map[string]string{
	"ka.user.groups":                 "user groups",
	"ka.req.binding.subjects":        "requestObject subjects",
	"ka.req.role.rules":              "requestObject rules",
	"ka.req.pod.supplemental_groups": "requestObject spec securityContext supplementalGroups",
}

// spread holds the fields that gather texts through every list on their way.
var spread = map[string]string{
	"ka.req.service.ports":                 "requestObject spec ports",
	"ka.req.pod.volumes.hostpath":          "requestObject spec volumes hostPath path",
	"ka.req.pod.volumes.flexvolume_driver": "requestObject spec volumes flexVolume driver",
}

var containerTexts = map[string]string{
	"privileged":                 "securityContext privileged",
	"allow_privilege_escalation": "securityContext allowPrivilegeEscalation",
	"read_only_fs":               "securityContext readOnlyRootFilesystem",
	"run_as_user":                "securityContext runAsUser",
	"run_as_group":               "securityContext runAsGroup",
	"proc_mount":                 "securityContext procMount",
	"add_capabilities":           "securityContext capabilities add",
}

// flattened holds the fields that join the lists found at a place.
var flattened = map[string]string{
	"ka.req.role.rules.apiGroups":       "requestObject rules apiGroups",
	"ka.req.role.rules.nonResourceURLs": "requestObject rules nonResourceURLs",
	"ka.req.role.rules.verbs":           "requestObject rules verbs",
	"ka.req.role.rules.resources":       "requestObject rules resources",
	"ka.sourceips":                      "requestObject rules sourceIPs",
}

var subjectKinds = map[string]string{"user": "User", "group": "Group", "serviceaccount": "ServiceAccount"}

func (f field) of(event *fastjson.Value) (any, error) {
	switch f.name {
	case "json.value", "jevt.value":
		return pointed(event, f.key)
	case "json.obj", "jevt.obj":
		return indented(event)
	}
	if event.Get("auditID") == nil {
		return nil, errAbsent
	}
	for _, kind := range []string{"containers", "initContainers", "ephemeralContainers"} {
		if rest, found := strings.CutPrefix(f.name, "ka.req.pod."+kind+"."); found {
			return f.ofContainers(event, kind, rest)
		}
	}
	if keys, found := plain[f.name]; found {
		return text(event.Get(words(keys)...))
	}
	if keys, found := lists[f.name]; found {
		return eachText(event.Get(words(keys)...))
	}
	if keys, found := spread[f.name]; found {
		values, err := through(event, f.index, words(keys))
		return presentTexts(values), err
	}
	if keys, found := flattened[f.name]; found {
		return joined(event, f.index, words(keys))
	}
	if rest, found := strings.CutPrefix(f.name, "ka.req.binding.subjects."); found {
		return subjects(event, rest)
	}
	return f.special(event)
}

func (f field) special(event *fastjson.Value) (any, error) {
	switch f.name {
	case "ka.uri.param":
		return parameter(event, f.key)
	case "ka.target.pod.name":
		target := event.Get("objectRef")
		if string(target.Get("resource").GetStringBytes()) != "pods" ||
			string(target.Get("subresource").GetStringBytes()) != "" {
			return nil, errAbsent
		}
		return text(event.Get("responseObject", "metadata", "name"))
	case "ka.req.container.image":
		return firstOf(images(event, "containers", 0))
	case "ka.req.container.image.repository":
		return firstOf(repositories(event, "containers", 0))
	case "ka.req.container.privileged":
		values, err := through(event, everyItem, words("requestObject spec containers securityContext privileged"))
		for _, value := range values {
			if value != nil && value.GetBool() {
				return "true", nil
			}
		}
		return "false", err
	case "ka.req.volume.hostpath":
		// The recorded answers of Falco 0.45 look at every volume, whatever the key.
		values, err := through(event, everyItem, words("requestObject spec volumes hostPath path"))
		for _, path := range presentTexts(values) {
			before, prefix := strings.CutSuffix(f.key, "*")
			if path == f.key || prefix && strings.HasPrefix(path, before) {
				return "true", nil
			}
		}
		return "false", err
	case "ka.req.pod.volumes.volume_type":
		values, err := through(event, f.index, append(words("requestObject spec volumes"), ""))
		return keysBesideName(values), err
	case "ka.req.binding.subject.has_name":
		return "true", nil
	}
	return nil, errAbsent
}

func (f field) ofContainers(event *fastjson.Value, kind, rest string) (any, error) {
	place := []string{"requestObject", "spec", kind}
	if keys, found := containerTexts[rest]; found {
		values, err := through(event, f.index, append(place, words(keys)...))
		return presentTexts(values), err
	}
	switch rest {
	case "name":
		values, err := through(event, f.index, append(place, "name"))
		if err != nil {
			return nil, err
		}
		return everyText(values)
	case "image":
		return images(event, kind, f.index)
	case "image.repository":
		return repositories(event, kind, f.index)
	case "command", "args":
		values, err := through(event, f.index, append(place, rest))
		if err != nil {
			return nil, err
		}
		return sentences(values)
	case "host_port":
		values, err := through(event, f.index, append(place, "ports"))
		if err != nil {
			return nil, err
		}
		return hostPorts(values)
	case "eff_run_as_user":
		return effective(event, place, f.index, "runAsUser")
	case "eff_run_as_group":
		return effective(event, place, f.index, "runAsGroup")
	}
	return nil, errAbsent
}

func words(keys string) []string { return strings.Fields(keys) }

func pointed(event *fastjson.Value, pointer string) (any, error) {
	for _, key := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		key = strings.ReplaceAll(strings.ReplaceAll(key, "~1", "/"), "~0", "~")
		if event = event.Get(key); event == nil {
			return nil, errAbsent
		}
	}
	return text(event)
}

func indented(event *fastjson.Value) (any, error) {
	var out bytes.Buffer
	err := json.Indent(&out, event.MarshalTo(nil), "", "  ")
	return out.String(), err
}

func parameter(event *fastjson.Value, key string) (any, error) {
	written, err := text(event.Get("requestURI"))
	if err != nil {
		return nil, err
	}
	parsed, err := url.Parse(written)
	if err != nil {
		return nil, err
	}
	values, err := url.ParseQuery(parsed.RawQuery)
	if err != nil || len(values[key]) == 0 {
		return nil, errAbsent
	}
	return values[key][0], nil
}

func text(value *fastjson.Value) (string, error) {
	if value == nil {
		return "", errAbsent
	}
	if value.Type() == fastjson.TypeString {
		return string(value.GetStringBytes()), nil
	}
	return string(value.MarshalTo(nil)), nil
}

func eachText(value *fastjson.Value) ([]string, error) {
	if value == nil || value.Type() != fastjson.TypeArray {
		return nil, errWrongType
	}
	return everyText(value.GetArray())
}

func everyText(values []*fastjson.Value) ([]string, error) {
	texts := make([]string, 0, len(values))
	for _, value := range values {
		one, err := text(value)
		if err != nil {
			return nil, err
		}
		texts = append(texts, one)
	}
	return texts, nil
}

func presentTexts(values []*fastjson.Value) []string {
	var texts []string
	for _, value := range values {
		if one, err := text(value); err == nil {
			texts = append(texts, one)
		}
	}
	return texts
}

// through follows keys; a list on the way is followed at the index, or in each item, where an end gives a nil.
func through(value *fastjson.Value, index int, keys []string) ([]*fastjson.Value, error) {
	for position, key := range keys {
		if value.Type() == fastjson.TypeArray {
			items := value.GetArray()
			if index == everyItem {
				return throughEach(items, keys[position:])
			}
			if index >= len(items) {
				return nil, errAbsent
			}
			value = items[index]
		}
		if key != "" {
			value = value.Get(key)
		}
		if value == nil {
			return nil, errAbsent
		}
	}
	return []*fastjson.Value{value}, nil
}

func throughEach(items []*fastjson.Value, keys []string) ([]*fastjson.Value, error) {
	var found []*fastjson.Value
	for _, item := range items {
		below, err := through(item, everyItem, keys)
		if err != nil {
			below = []*fastjson.Value{nil}
		}
		found = append(found, below...)
	}
	return found, nil
}

func joined(event *fastjson.Value, index int, keys []string) (any, error) {
	values, err := through(event, index, keys)
	var texts []string
	for _, value := range values {
		if value != nil && value.Type() == fastjson.TypeArray {
			texts = append(texts, presentTexts(value.GetArray())...)
		}
	}
	return texts, err
}

func firstOf(texts []string, err error) (any, error) {
	if err != nil || len(texts) == 0 {
		return nil, errAbsent
	}
	return texts[0], nil
}

func images(event *fastjson.Value, kind string, index int) ([]string, error) {
	values, err := through(event, index, []string{"requestObject", "spec", kind, "image"})
	if err != nil {
		return nil, err
	}
	return everyText(values)
}

func repositories(event *fastjson.Value, kind string, index int) ([]string, error) {
	texts, err := images(event, kind, index)
	for i := range texts {
		texts[i], _, _ = strings.Cut(texts[i], ":")
		texts[i], _, _ = strings.Cut(texts[i], "@")
	}
	return texts, err
}

func sentences(values []*fastjson.Value) (any, error) {
	var lines []string
	for _, value := range values {
		if value == nil {
			continue
		}
		if value.Type() != fastjson.TypeArray {
			return nil, errWrongType
		}
		var line []string
		for _, word := range value.GetArray() {
			if word.Type() != fastjson.TypeString {
				return nil, errWrongType
			}
			line = append(line, string(word.GetStringBytes()))
		}
		lines = append(lines, strings.Join(line, " "))
	}
	return lines, nil
}

func hostPorts(values []*fastjson.Value) (any, error) {
	var texts []string
	for _, ports := range values {
		if ports == nil {
			continue
		}
		if ports.Type() != fastjson.TypeArray {
			return nil, errWrongType
		}
		for _, port := range ports.GetArray() {
			number := port.Get("hostPort")
			if number == nil {
				number = port.Get("containerPort")
			}
			if one, err := text(number); err == nil {
				texts = append(texts, one)
			}
		}
	}
	return texts, nil
}

func effective(event *fastjson.Value, place []string, index int, key string) (any, error) {
	fallback, err := text(event.Get("requestObject", "spec", key))
	if err != nil {
		fallback = "0"
	}
	values, err := through(event, index, append(place, key))
	texts := make([]string, len(values))
	for i, value := range values {
		if texts[i], err = text(value); err != nil {
			texts[i], err = fallback, nil
		}
	}
	return texts, err
}

func keysBesideName(values []*fastjson.Value) []string {
	var keys []string
	for _, value := range values {
		if value == nil {
			continue // the plugin crashes here
		}
		if object, err := value.Object(); err == nil {
			object.Visit(func(key []byte, _ *fastjson.Value) {
				if string(key) != "name" {
					keys = append(keys, string(key))
				}
			})
		}
	}
	return keys
}

func subjects(event *fastjson.Value, rest string) (any, error) {
	subjects := event.Get("requestObject", "subjects")
	if subjects == nil || subjects.Type() != fastjson.TypeArray {
		return nil, errWrongType
	}
	which, _, _ := strings.Cut(rest, "_")
	var names []string
	for _, subject := range subjects.GetArray() {
		kind, err := text(subject.Get("kind"))
		if err != nil || kind != subjectKinds[which] {
			continue
		}
		name, err := text(subject.Get("name"))
		if err == nil && rest == "serviceaccount_ns_names" {
			var namespace string
			namespace, err = text(subject.Get("namespace"))
			name = namespace + ":" + name
		}
		if err == nil {
			names = append(names, name)
		}
	}
	return names, nil
}
