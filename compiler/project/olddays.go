package project

import (
	"fmt"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

// oldKeys warns of keys that have other names today, or another place.
func oldKeys(doc *config.Doc, s *Settings) source.Errors {
	var out source.Errors
	note := func(key, event, format string, args ...any) {
		for _, p := range config.Pairs(doc.Root) {
			if p.Name == key {
				e := doc.Errorf(p.Key, format, args...)
				e.Class, e.Event = "", event
				out = append(out, e)
			}
		}
	}
	renamed := "The `%s` config is named `%s` today. Please update your\n`dbt_project.yml`."
	note("source-paths", source.ConfigSourcePath, renamed, "source-paths", "model-paths")
	note("data-paths", source.ConfigDataPath, renamed, "data-paths", "seed-paths")
	moved := "The `%s` config in `dbt_project.yml` is no longer meant to be used.\nName the folder with the --%[1]s CLI flag or the %s env var."
	if s.LogPath != "logs" {
		note("log-path", source.ConfigLogPath, moved, "log-path", "DBT_LOG_PATH")
	}
	if s.TargetPath != "target" {
		note("target-path", source.ConfigTargetPath, moved, "target-path", "DBT_TARGET_PATH")
	}
	return out
}

// movedFlags takes flags from the key config of profiles.yml, where they stood before
// dbt_project.yml had any. Flags in both files are an error.
func (p *Project) movedFlags() error {
	if p.Profile == nil || config.IsNull(p.Profile.flags) {
		return nil
	}
	v, err := config.FromYAML(p.Profile.flags)
	if err != nil {
		return p.Profile.doc.Errorf(p.Profile.flags, "%s", err)
	}
	flags, ok := v.(*jinja.Dict)
	if !ok || flags.Len() == 0 {
		return nil
	}
	e := p.Profile.doc.Errorf(p.Profile.flags, "User config should be moved from the 'config' key in profiles.yml to the 'flags' key in dbt_project.yml.")
	if p.Root.Settings.Flags.Len() > 0 {
		e.Class = source.Runtime
		e.Msg = "Do not specify both 'config' in profiles.yml and 'flags' in dbt_project.yml. Using 'config' in profiles.yml is deprecated."
		return e
	}
	p.Root.Settings.Flags = flags
	e.Class, e.Event = "", source.ProjectFlagsMoved
	p.Notices = append(p.Notices, e)
	return nil
}

// builtIn says whether a package would have the name of one that every project has.
func (p *Project) builtIn(name string) bool {
	return name == "dbt" || p.Profile != nil && name == "dbt_"+p.Profile.Type
}

// checkName refuses a project that has the name of a built-in package.
func (p *Project) checkName() error {
	if !p.builtIn(p.Root.Name) {
		return nil
	}
	doc := p.Root.Doc
	e := doc.Errorf(config.Child(doc.Root, "name"), "dbt found more than one package with the name %q included in this project.", p.Root.Name)
	e.Class, e.Hint = source.Compilation, fmt.Sprintf("macros that every project has are in a package named %s; choose another name", p.Root.Name)
	return e
}
