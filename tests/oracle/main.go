// Command oracle reads audit lines on stdin and prints, for each line, the events Falco's k8saudit plugin would take
// from it and the value of every asked field, as JSON. It is a second implementation of the rules in lanner/audit,
// written in lanner's own words on the JSON and URL packages that the plugin uses, to compare lanner with.
//
//	go run . FIELDS.json < events.jsonl > answers.jsonl
//
// FIELDS.json is a list of field names, with arguments in brackets.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fastjson"
)

const longestLine = 1 << 28

type answer struct {
	Events  []map[string]any `json:"events"`
	Refused []string         `json:"refused,omitempty"`
}

func main() {
	fields, err := readFields(os.Args[1])
	if err != nil {
		panic(err)
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), longestLine)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for in.Scan() {
		if err := encoder.Encode(answerLine(in.Bytes(), fields)); err != nil {
			panic(err)
		}
	}
}

func readFields(path string) ([]field, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var names []string
	if err := json.Unmarshal(text, &names); err != nil {
		return nil, err
	}
	fields := make([]field, 0, len(names))
	for _, written := range names {
		name, argument, found := strings.Cut(strings.TrimSuffix(written, "]"), "[")
		one := field{written: written, name: name, key: argument, index: everyItem}
		if number, err := strconv.Atoi(argument); found && err == nil {
			one.index = number
		}
		fields = append(fields, one)
	}
	return fields, nil
}

func answerLine(line []byte, fields []field) answer {
	result := answer{Events: []map[string]any{}}
	texts, refused := split(line)
	result.Refused = refused
	for _, text := range texts {
		values := map[string]any{}
		for _, one := range fields {
			if value := extract(text, one); value != nil {
				values[one.written] = value
			}
		}
		result.Events = append(result.Events, values)
	}
	return result
}

// split gives the text of each event of a line and the reasons of what is none.
func split(line []byte) (texts []string, refused []string) {
	if len(line) == 0 {
		return nil, nil
	}
	value, err := fastjson.ParseBytes(line)
	if err != nil {
		return nil, []string{err.Error()}
	}
	if err := splitValue(value, &texts, &refused); err != nil {
		refused = append(refused, err.Error())
	}
	return texts, refused
}

var errOther = errors.New("data not recognized as a k8s audit event")

// splitValue stops at the first part of an array that is no event, as the plugin does.
func splitValue(value *fastjson.Value, texts, refused *[]string) error {
	if value.Type() == fastjson.TypeArray {
		for _, item := range value.GetArray() {
			if err := splitValue(item, texts, refused); err != nil {
				return err
			}
		}
		return nil
	}
	switch kind := value.Get("kind"); {
	case kind == nil:
	case string(kind.GetStringBytes()) == "Event":
		single(value, texts, refused)
		return nil
	case string(kind.GetStringBytes()) == "EventList" && value.Get("items").GetArray() != nil:
		for _, item := range value.Get("items").GetArray() {
			single(item, texts, refused)
		}
		return nil
	}
	return errOther
}

func single(value *fastjson.Value, texts, refused *[]string) {
	stamp := value.Get("stageTimestamp")
	if stamp == nil {
		*refused = append(*refused, "can't read stageTimestamp")
		return
	}
	if _, err := time.Parse(time.RFC3339Nano, string(stamp.GetStringBytes())); err != nil {
		*refused = append(*refused, err.Error())
		return
	}
	*texts = append(*texts, string(value.MarshalTo(nil)))
}

// extract parses the text anew for each field: the JSON package rewrites texts that were looked at before.
func extract(text string, one field) (found any) {
	defer func() {
		if fault := recover(); fault != nil {
			found = fmt.Sprint("PANIC: ", fault)
		}
	}()
	event, err := fastjson.Parse(text)
	if err != nil {
		return nil
	}
	value, err := one.of(event)
	if err != nil {
		return nil
	}
	switch value := value.(type) {
	case string:
		return throughC(value)
	case []string:
		if len(value) == 0 {
			return nil
		}
		for i := range value {
			value[i] = throughC(value[i])
		}
		return value
	}
	return nil
}

// throughC is what is left of a text that C reads: all before the first NUL.
func throughC(text string) string {
	before, _, _ := strings.Cut(text, "\x00")
	return before
}
