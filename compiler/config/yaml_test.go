package config

import (
	"testing"

	"weft/compiler/jinja"
)

// The wanted values are what PyYAML's safe_load gives.
func TestLoadYAML(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"1", "1"},
		{"01", "1"},
		{"010", "8"},
		{"0o10", "'0o10'"},
		{"08", "'08'"},
		{"1_000", "1000"},
		{"0b11", "3"},
		{"0x_f", "15"},
		{"1:30", "90"},
		{"1:30:15", "5415"},
		{"1:30.5", "90.5"},
		{"-1:30", "-90"},
		{"190:20:30", "685230"},
		{"+1", "1"},
		{"1.", "1.0"},
		{".5", "0.5"},
		{"-.5", "'-.5'"},
		{"+.5", "'+.5'"},
		{"1e3", "'1e3'"},
		{"1.0e3", "'1.0e3'"},
		{"1.0e+3", "1000.0"},
		{"1.5E-3", "0.0015"},
		{"._1", "'._1'"},
		{".inf", "inf"},
		{"-.inf", "-inf"},
		{"+.INF", "inf"},
		{".nan", "nan"},
		{".NaN", "nan"},
		{"-.nan", "'-.nan'"},
		{"yes", "True"},
		{"No", "False"},
		{"ON", "True"},
		{"off", "False"},
		{"y", "'y'"},
		{"n", "'n'"},
		{"true", "True"},
		{"TRUE", "True"},
		{"tRUE", "'tRUE'"},
		{"~", "None"},
		{"null", "None"},
		{"Null", "None"},
		{"nULL", "'nULL'"},
		{"", "None"},
		{"2020-01-02", "datetime.date(2020, 1, 2)"},
		{"2020-1-2", "'2020-1-2'"},
		{"2020-01-02T03:04:05Z", "datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)"},
		{"2020-01-02 03:04:05.5", "datetime.datetime(2020, 1, 2, 3, 4, 5, 500000)"},
		{"2020-01-02 3:04:05 +02:30", "datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=datetime.timezone(datetime.timedelta(seconds=9000)))"},
		{"2020-01-02t03:04:05-5", "datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=68400)))"},
		{"2020-13-01", "error"},
		{"2020-02-30", "error"},
		{"12:30:45", "45045"},
		{"=", "error"},
		{"<<", "error"},
		{"a b", "'a b'"},
		{"\"1\"", "'1'"},
		{"'yes'", "'yes'"},
		{"!!str 1", "'1'"},
		{"!!int \"3\"", "3"},
		{"!!float 1", "1.0"},
		{"!!bool yes", "True"},
		{"!!null x", "None"},
		{"! 12", "12"},
		{"0.0", "0.0"},
		{"-0", "0"},
		{"0", "0"},
		{"00", "0"},
		{"0_", "0"},
		{"1__0", "10"},
		{"_1", "'_1'"},
		{"1_", "1"},
		{"0b", "'0b'"},
		{"0x", "'0x'"},
		{"12e03", "'12e03'"},
		{"1.2.3", "'1.2.3'"},
		{"-", "[None]"},
		{"- 1", "[1]"},
		{"{a: 1, b: [x, 2]}", "{'a': 1, 'b': ['x', 2]}"},
		{"[a, , b]", "error"},
		{"a: 1\na: 2", "{'a': 2}"},
		{"a: &x [1]\nb: *x", "{'a': [1], 'b': [1]}"},
		{"<<: {a: 1}\na: 2", "{'a': 2}"},
		{"<<: [{a: 1}, {a: 2, b: 3}]\nc: 1", "{'a': 1, 'b': 3, 'c': 1}"},
		{"? [a]\n: 1", "error"},
		{"a: |\n  x\n  y\n\n", "{'a': 'x\\ny\\n'}"},
		{"a: >-\n  x\n  y\n\n  z\n", "{'a': 'x y\\nz'}"},
		{"a:\n- 1\n-\n  b: 2", "{'a': [1, {'b': 2}]}"},
		{"--- 1", "1"},
		{"%a", "error"},
		{"@a", "error"},
		{"`a", "error"},
		{"a # c", "'a'"},
		{"\"a\\nb\"", "'a\\nb'"},
		{"\"\\u00e9\\x41\"", "'éA'"},
		{"'a''b'", "\"a'b\""},
		{"!!binary aGk=", "b'hi'"},
		{"!x 1", "error"},
		{"&a 1", "1"},
		{"*a", "error"},
		{"[1, 2", "error"},
		{"{a", "error"},
		{"a: b: c", "error"},
		{"'a", "error"},
		{"- - 1\n  - 2\n- 3", "[[1, 2], 3]"},
		{"1: 2\n2.5: 3\ntrue: 4\n~: 5", "{1: 4, 2.5: 3, None: 5}"},
		{"\"a\": 1", "{'a': 1}"},
		{"2001-12-14t21:59:43.10-05:00", "datetime.datetime(2001, 12, 14, 21, 59, 43, 100000, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=68400)))"},
		{"2002-12-14", "datetime.date(2002, 12, 14)"},
		{"0o7", "'0o7'"},
		{"1e+3", "'1e+3'"},
		{"1.e+3", "1000.0"},
		{"0.1e-1", "0.01"},
		{"0x1F", "31"},
		{"-0x1f", "-31"},
		{"-0b1", "-1"},
		{"+0b1", "1"},
		{"+010", "8"},
		{"1,000", "'1,000'"},
		{"123abc", "'123abc'"},
		{"1 2", "'1 2'"},
	} {
		got := "error"
		if v, err := LoadYAML(test.text); err == nil {
			got = jinja.Repr(v)
		}
		if got != test.want {
			t.Errorf("%q gives %s, want %s", test.text, got, test.want)
		}
	}
}

// Every value must come back from its dump.
func TestDumpYAML(t *testing.T) {
	for _, test := range []struct{ json, want string }{
		{"\"a\"", "a\n...\n"},
		{"\"yes\"", "'yes'\n"},
		{"\"\"", "''\n"},
		{"\" a\"", "' a'\n"},
		{"\"\\u00e9\"", "\"\\xE9\"\n"},
		{"\"a\\nb\"", "'a\n\n  b'\n"},
		{"\"a: b\"", "'a: b'\n"},
		{"\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx yyyyyyyyyy\"", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n  yyyyyyyyyy\n...\n"},
		{"1", "1\n...\n"},
		{"1.5", "1.5\n...\n"},
		{"1e+16", "1.0e+16\n...\n"},
		{"null", "null\n...\n"},
		{"true", "true\n...\n"},
		{"[]", "[]\n"},
		{"{}", "{}\n"},
		{"[1, [2, [3, {\"a\": []}]]]", "- 1\n- - 2\n  - - 3\n    - a: []\n"},
		{"{\"a\": {\"b\": [{\"c\": 1, \"d\": [1, 2]}]}}", "a:\n  b:\n  - c: 1\n    d:\n    - 1\n    - 2\n"},
		{"{\"\": 1}", "? ''\n: 1\n"},
		{"{\"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\": 1}", "? kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\n: 1\n"},
		{"[\"- a\", \"#x\", \"it's\", \"1\", \"2020-01-02\", \"~\", \"a\\tb\", \"tail \"]", "- '- a'\n- '#x'\n- it's\n- '1'\n- '2020-01-02'\n- '~'\n- \"a\\tb\"\n- 'tail '\n"},
		{"{\"a\": \"line one\\nline two\\n\\nafter\"}", "a: 'line one\n\n  line two\n\n\n  after'\n"},
		{"\"word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word end\"", "word word word word word word word word word word word word word word word word word\n  word word word word word word word word word word word word word word word word\n  word word word word word word word end\n...\n"},
	} {
		v, err := jinja.ParseJSON(test.json)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DumpYAML(v, false)
		if err != nil || got != test.want {
			t.Errorf("%s gives %q, %v; want %q", test.json, got, err, test.want)
		}
		back, err := LoadYAML(got)
		if err != nil || !jinja.Equal(back, v) {
			t.Errorf("%q comes back as %s, %v", got, jinja.Repr(back), err)
		}
	}
}

func TestAnchors(t *testing.T) {
	v, err := LoadYAML("a: &x [1]\nb: *x\nc: {<<: &m {k: 1, l: 2}, l: 3}\n")
	if err != nil {
		t.Fatal(err)
	}
	text, err := DumpYAML(v, false)
	if want := "a: &id001\n- 1\nb: *id001\nc:\n  k: 1\n  l: 3\n"; err != nil || text != want {
		t.Errorf("got %q, %v; want %q", text, err, want)
	}
	if v, err := LoadYAML("a: &x [*x]"); err == nil {
		t.Errorf("an anchor that contains itself gives %v", v.Type())
	}
}
