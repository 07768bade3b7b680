package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"weft/compiler/source"
)

// renamedVariable is an environment variable that had another name once. The old name
// still counts, before the new one.
type renamedVariable struct {
	old, now string // after DBT_ and DBT_ENGINE_
	opposite bool   // the old one said not to
}

var renamedVariables = []renamedVariable{
	{"DEFER_TO_STATE", "DEFER", false}, {"FAVOR_STATE_MODE", "FAVOR_STATE", false},
	{"NO_PRINT", "PRINT", true}, {"ARTIFACT_STATE_PATH", "STATE", false},
}

// oldVariable gives the value that a variable has under its old name.
func oldVariable(env func(string) (string, bool), now string) (string, bool) {
	for _, r := range renamedVariables {
		if r.now != now {
			continue
		}
		text, ok := env("DBT_" + r.old)
		if yes, isTruth := truth(text); ok && r.opposite && isTruth {
			return fmt.Sprint(!yes), true
		}
		return text, ok
	}
	return "", false
}

// engineVariables are variables with the prefix DBT_ENGINE_ that are no flags.
var engineVariables = []string{"PACKAGE_HUB_URL", "DOWNLOADS_DIR", "INVOCATION_ENV", "ENV_PRIVATE_GIT_PROVIDER_INFO"}

// environmentNotices warns of environment variables with old names, and of those that
// have the reserved prefix and no meaning.
func (a *app) environmentNotices() error {
	for _, r := range renamedVariables {
		if _, ok := a.env("DBT_" + r.old); !ok {
			continue
		}
		err := a.warn(&source.Error{Event: source.EnvironmentVariableRenamed, Msg: fmt.Sprintf(
			"The environment variable `DBT_%s` is named `DBT_ENGINE_%s` today.\nWhile `DBT_%[1]s` is set, its value counts. Set\n`DBT_ENGINE_%[2]s` and unset `DBT_%[1]s`.", r.old, r.now)})
		if err != nil {
			return err
		}
	}
	var unknown []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		rest, ours := strings.CutPrefix(name, "DBT_ENGINE_")
		isFlag := slices.ContainsFunc(flags, func(f flag) bool { return f.env == rest })
		if ours && !isFlag && !slices.Contains(engineVariables, rest) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		err := a.warn(&source.Error{Event: source.EnvironmentVariableReserved, Msg: fmt.Sprintf(
			"Found custom environment variable `%s` in the environment.\nThe prefix `DBT_ENGINE` is reserved for variables of dbt itself; give it another name.", name)})
		if err != nil {
			return err
		}
	}
	return nil
}
