package project

import (
	"slices"

	"weft/compiler/config"
	"weft/compiler/jinja"
)

// sectionKinds are the kinds of resources that a section's configs are for.
var sectionKinds = map[string]config.Kinds{
	"models": config.Models | config.Analyses | config.Operations, "seeds": config.Seeds, "snapshots": config.Snapshots, "sources": config.Sources,
	"tests": config.Tests, "data_tests": config.Tests, "unit_tests": config.UnitTests, "metrics": config.Metrics,
	"semantic-models": config.SemanticModels, "saved-queries": config.SavedQueries, "exposures": config.Exposures,
	"functions": config.Functions, "analyses": config.Analyses,
}

// keyShapes are what a key of dbt_project.yml may be, by the word in the table.
var keyShapes = map[string]config.Shape{
	"str": config.SomeText, "strs": config.TextList, "map": config.Mapping, "list": config.ListOf(config.Anything),
	"any": config.Anything, "bool": config.SomeFlag, "hooks": config.TextOrList, "int": config.SomeInt, "flags": config.Mapping,
	"quoting": config.KeysOf(&config.Schema{Name: "quoting", Keys: []config.Key{
		{Name: "database", Shape: config.SomeFlag, Doc: "whether SQL quotes the database"},
		{Name: "schema", Shape: config.SomeFlag, Doc: "whether SQL quotes the schema"},
		{Name: "identifier", Shape: config.SomeFlag, Doc: "whether SQL quotes the name"},
		{Name: "project", Shape: config.SomeFlag, Doc: "BigQuery's word for database"},
		{Name: "dataset", Shape: config.SomeFlag, Doc: "BigQuery's word for schema"},
		{Name: "snowflake_ignore_case", Shape: config.SomeFlag, Doc: "kept for other engines"},
	}}),
	"comment": {Scalars: config.TextValue, Keys: &config.Schema{Name: "query-comment", Keys: []config.Key{
		{Name: "comment", Shape: config.SomeText, Doc: "the comment, as a template"},
		{Name: "append", Shape: config.SomeFlag, Doc: "after the statement rather than before it"},
		{Name: "job-label", Shape: config.SomeFlag, Doc: "BigQuery: as labels of the job too"},
	}}},
}

// JSONSchema gives the JSON Schema of dbt_project.yml, from the tables that reading it
// uses. A folder in a section has the same keys as the section.
func JSONSchema() *jinja.Dict {
	out := config.NewJSONSchema("dbt_project.yml", "Settings of a dbt project")
	defs := jinja.NewDict()
	for _, k := range keys {
		var v *jinja.Dict
		if kinds, isSection := sectionKinds[k.name]; isSection {
			level := config.ConfigJSON(kinds, "+", "")
			level.SetStr("additionalProperties", reference(k.name))
			defs.SetStr(k.name, orAnything(level))
			v = reference(k.name)
		} else {
			v = keyShapes[k.kind].JSON()
		}
		v.SetStr("description", jinja.Str(k.doc))
		out.Property(k.name, v)
	}
	out.SetStr("required", jinja.NewList(jinja.Str("name")))
	out.Close()
	out.SetStr("definitions", defs)
	return out.Dict
}

func reference(name string) *jinja.Dict {
	d := jinja.NewDict()
	d.SetStr("$ref", jinja.Str("#/definitions/"+name))
	return d
}

// orAnything allows values of settings that no table has.
func orAnything(level *jinja.Dict) *jinja.Dict {
	plain := jinja.NewDict()
	plain.SetStr("type", jinja.NewList(jinja.Str("string"), jinja.Str("number"), jinja.Str("boolean"), jinja.Str("array"), jinja.Str("null")))
	d := jinja.NewDict()
	d.SetStr("anyOf", jinja.NewList(level, plain))
	return d
}

// profileField is one field of an output of profiles.yml.
type profileField struct {
	name  string
	shape config.Shape
	doc   string
}

var portNumber = config.Shape{Scalars: config.IntValue}

// profileFields are the fields that each warehouse knows. Others are let through.
var profileFields = map[string][]profileField{
	"duckdb": {
		{"path", config.SomeText, "file of the database; :memory: if not set"},
		{"database", config.SomeText, "name of the database; from the file's name if not set"},
		{"schema", config.SomeText, "schema of models; main if not set"},
		{"config_options", config.Mapping, "options when the database is opened"},
		{"settings", config.Mapping, "settings of each connection"},
		{"extensions", config.ListOf(config.Anything), "extensions to install and load"},
		{"secrets", config.ListOf(config.Mapping), "secrets that DuckDB keeps for other files and services"},
		{"attach", config.ListOf(config.Mapping), "other databases: path, alias, type, read_only"},
		{"external_root", config.SomeText, "folder of external tables"},
		{"disable_transactions", config.SomeFlag, "run statements one by one"},
		{"keep_open", config.SomeFlag, "keep the database open between nodes"},
		{"retries", config.Mapping, "connect_attempts, query_attempts, retryable_exceptions"},
		{"is_ducklake", config.SomeFlag, "the path is a DuckLake"},
		{"filesystems", config.ListOf(config.Mapping), "read and without effect"},
		{"plugins", config.ListOf(config.Anything), "read and without effect"},
		{"remote", config.Mapping, "read and without effect"},
	},
	"postgres": {
		{"host", config.SomeText, "name or address of the server"}, {"port", portNumber, "port of the server"},
		{"user", config.SomeText, "user"}, {"password", config.Anything, "password"}, {"pass", config.Anything, "another name of password"},
		{"database", config.SomeText, "database"}, {"dbname", config.SomeText, "another name of database"}, {"schema", config.SomeText, "schema of models"},
		{"connect_timeout", portNumber, "seconds to wait for a connection; 10 if not set"}, {"role", config.SomeText, "role to take on"},
		{"search_path", config.SomeText, "search_path of connections"}, {"keepalives_idle", portNumber, "seconds between signs of life"},
		{"sslmode", config.SomeText, "disable, require, verify-ca, verify-full and so on"}, {"sslcert", config.SomeText, "file of the client's certificate"},
		{"sslkey", config.SomeText, "file of its key"}, {"sslrootcert", config.SomeText, "file of the authority's certificate"},
		{"application_name", config.SomeText, "name that the server shows"}, {"retries", portNumber, "how often to try to connect"},
	},
	"snowflake": {
		{"account", config.SomeText, "account"}, {"user", config.SomeText, "user"}, {"database", config.SomeText, "database"}, {"schema", config.SomeText, "schema of models"},
		{"warehouse", config.SomeText, "warehouse"}, {"role", config.SomeText, "role"}, {"query_tag", config.SomeText, "tag of all statements"},
		{"password", config.Anything, "password"}, {"authenticator", config.SomeText, "way to log in"}, {"private_key", config.SomeText, "key as text"},
		{"private_key_path", config.SomeText, "file of the key"}, {"private_key_passphrase", config.Anything, "password of the key"}, {"token", config.Anything, "token"},
		{"oauth_client_id", config.SomeText, "of OAuth"}, {"oauth_client_secret", config.Anything, "of OAuth"},
		{"client_session_keep_alive", config.SomeFlag, "keep sessions open"}, {"connect_retries", portNumber, "how often to try to connect"},
		{"connect_timeout", portNumber, "seconds to wait for a connection"}, {"retry_on_database_errors", config.SomeFlag, "try again after errors of the server"},
		{"retry_all", config.SomeFlag, "try again after all errors"}, {"host", config.SomeText, "another host"}, {"port", portNumber, "another port"},
	},
	"bigquery": {
		{"method", config.OneOf("oauth", "oauth-secrets", "service-account", "service-account-json", "external-oauth-wif"), "way to log in"},
		{"project", config.SomeText, "project"}, {"database", config.SomeText, "another name of project"}, {"dataset", config.SomeText, "dataset of models"},
		{"schema", config.SomeText, "another name of dataset"}, {"execution_project", config.SomeText, "project that pays"}, {"location", config.SomeText, "where data is"},
		{"priority", config.OneOf("interactive", "batch"), "how soon jobs run"}, {"maximum_bytes_billed", portNumber, "most bytes that a job may cost"},
		{"keyfile", config.SomeText, "file of a service account"}, {"keyfile_json", config.Anything, "the same as a mapping or in base64"},
		{"job_retries", portNumber, "how often jobs are tried again"}, {"job_execution_timeout_seconds", portNumber, "how long a job may take"},
		{"impersonate_service_account", config.SomeText, "account to act as"}, {"scopes", config.TextList, "scopes of OAuth"},
		{"token", config.Anything, "of oauth-secrets"}, {"refresh_token", config.Anything, "of oauth-secrets"}, {"client_id", config.SomeText, "of oauth-secrets"},
		{"client_secret", config.Anything, "of oauth-secrets"}, {"token_uri", config.SomeText, "of oauth-secrets"},
	},
}

// ProfilesSchema gives the JSON Schema of profiles.yml.
func ProfilesSchema() *jinja.Dict {
	out := config.NewJSONSchema("profiles.yml", "Connections of dbt projects, by the name of the profile")
	types := make([]string, 0, len(profileFields))
	for t := range profileFields {
		types = append(types, t)
	}
	slices.Sort(types)
	outputs := jinja.NewList()
	for _, t := range types {
		s := &config.Schema{Open: true, Keys: []config.Key{
			{Name: "type", Shape: config.OneOf(t), Required: true, Doc: "the warehouse"},
			{Name: "threads", Shape: portNumber, Doc: "how many nodes run at once"},
		}}
		for _, f := range profileFields[t] {
			s.Keys = append(s.Keys, config.Key{Name: f.name, Shape: f.shape, Doc: f.doc})
		}
		outputs.Append(s.JSON())
	}
	output := jinja.NewDict()
	output.SetStr("anyOf", outputs)
	profile := (&config.Schema{Open: true, Keys: []config.Key{
		{Name: "target", Shape: config.SomeText, Doc: "the output that is used if --target names none; default if not set"},
	}}).JSON()
	all := jinja.NewDict()
	all.SetStr("type", jinja.Str("object"))
	all.SetStr("description", jinja.Str("the connections, by the name of the target"))
	all.SetStr("additionalProperties", output)
	props, _ := profile.GetStr("properties")
	props.(*jinja.Dict).SetStr("outputs", all)
	out.SetStr("additionalProperties", profile)
	return out.Dict
}
