package scope

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"weft/compiler/jinja"
	"weft/compiler/source"
)

// raise makes a function that always fails. words gives the message from the
// arguments.
func raise(signature string, class source.Class, words func(c *jinja.Call) string) *jinja.Func {
	return jinja.NewFunc(signature, func(c *jinja.Call) (jinja.Value, error) {
		err := fail(class, "%s", words(c))
		if ctx, ok := c.Thread.Host.(*Context); ok && ctx.node == nil && ctx.macro != nil {
			// Only these errors name the macro of an operation in their heading.
			err.(*jinja.Error).Err.Node = "macro " + ctx.macro.Name + " (" + ctx.macro.Path + ")"
		}
		return nil, err
	})
}

func firstWord(c *jinja.Call) string { return c.Str(0) }

// show fills the arguments, as text, into a format of %s.
func show(format string) func(c *jinja.Call) string {
	return func(c *jinja.Call) string {
		args := make([]any, strings.Count(format, "%s"))
		for i := range args {
			args[i] = c.Str(i)
		}
		return fmt.Sprintf(format, args...)
	}
}

// raiseFuncs are the members of "exceptions"; their receiver is the *Base.
var raiseFuncs = jinja.NewMethods("",
	jinja.NewFunc("warn(msg, node=none)", func(c *jinja.Call) (jinja.Value, error) {
		return jinja.Str(""), c.Self.(*Base).warn(c, c.Str(0))
	}),
	jinja.NewFunc("warn_snapshot_timestamp_data_types(snapshot_time_data_type, updated_at_data_type)", func(c *jinja.Call) (jinja.Value, error) {
		return jinja.Str(""), c.Self.(*Base).warn(c, show("Data type of snapshot table timestamp columns (%s) doesn't match derived column 'updated_at' (%s). Please update snapshot config 'updated_at'.")(c))
	}),
	raise("raise_compiler_error(msg, node=none)", source.Compilation, firstWord),
	raise("raise_database_error(msg, node=none)", source.Database, firstWord),
	raise("raise_dependency_error(msg)", source.Runtime, firstWord),
	raise("raise_not_implemented(msg)", source.Compilation, show("ERROR: %s")),
	raise("raise_fail_fast_error(msg, node=none)", "FailFast", firstWord),
	raise("raise_contract_error(yaml_columns, sql_columns)", source.Compilation, contractWords),
	raise("column_type_missing(column_names)", source.Compilation, show("Contracted models require data_type to be defined for each column. Please ensure that the column name and data_type are defined within the YAML configuration for the %s column(s).")),
	raise("missing_config(model, name)", source.Compilation, func(c *jinja.Call) string {
		return fmt.Sprintf("Model '%s' does not define a required config parameter '%s'.", part(c.Args[0], "unique_id"), c.Str(1))
	}),
	raise("missing_materialization(model, adapter_type)", source.Compilation, func(c *jinja.Call) string {
		kind := ""
		if v, err := jinja.GetAttr(c.Args[0], "config"); err == nil {
			kind = part(v, "materialized")
		}
		return fmt.Sprintf("No materialization '%s' was found for adapter %s! (searched types 'default' and '%s')", kind, c.Str(1), c.Str(1))
	}),
	raise("missing_relation(relation, model=none)", source.Compilation, show("Relation %s not found!")),
	raise("relation_wrong_type(relation, expected_type, model=none)", source.Compilation, func(c *jinja.Call) string {
		return fmt.Sprintf("Trying to create %s %s, but it currently exists as a %s. Either drop %s manually, or run dbt with `--full-refresh` and dbt will drop it for you.",
			c.Str(1), c.Str(0), part(c.Args[0], "type"), c.Str(0))
	}),
	raise("raise_ambiguous_alias(node_1, node_2, duped_name=none)", source.Compilation, func(c *jinja.Call) string {
		name := c.Str(2)
		if c.Args[2] == jinja.Value(jinja.None) {
			name = part(c.Args[0], "database") + "." + part(c.Args[0], "schema") + "." + part(c.Args[0], "alias")
		}
		return fmt.Sprintf("dbt found two resources with the database representation \"%s\".\ndbt cannot create two resources with identical database representations. To fix this,\nchange the configuration of one of these resources:\n- %s (%s)\n- %s (%s)",
			name, part(c.Args[0], "unique_id"), part(c.Args[0], "original_file_path"), part(c.Args[1], "unique_id"), part(c.Args[1], "original_file_path"))
	}),
	raise("raise_ambiguous_catalog_match(unique_id, match_1, match_2)", source.Compilation, func(c *jinja.Call) string {
		name := func(v jinja.Value) string {
			if m, err := jinja.GetAttr(v, "metadata"); err == nil {
				return part(m, "schema") + "." + part(m, "name")
			}
			return ""
		}
		return fmt.Sprintf("dbt found two relations in your warehouse with similar database identifiers. dbt\nis unable to determine which of these relations was created by the model \"%s\".\nIn order for dbt to correctly generate the catalog, one of the following relations must be deleted or renamed:\n\n - %s\n - %s", c.Str(0), name(c.Args[1]), name(c.Args[2]))
	}),
	raise("raise_cache_inconsistent(message)", source.Compilation, show("Internal Error\n  Cache inconsistency detected: %s")),
	raise("raise_dataclass_not_dict(obj)", source.Compilation, show("The object (\"%s\") was used as a dictionary. This capability has been removed from objects of this type.")),
	raise("raise_dep_not_found(node, node_description, required_pkg)", source.Compilation, func(c *jinja.Call) string {
		return fmt.Sprintf("Error while parsing %s.\nThe required package \"%s\" was not found. Is the package installed?\nHint: You may need to run `dbt deps`.", c.Str(1), c.Str(2))
	}),
	raise("raise_duplicate_patch_name(patch_1, existing_patch_path)", source.Compilation, func(c *jinja.Call) string {
		return fmt.Sprintf("dbt found two schema.yml entries for the same resource named %s. Resources and their associated columns may only be described a single time. To fix this, remove the resource entry for %s in one of these files:\n - %s\n - %s",
			part(c.Args[0], "name"), part(c.Args[0], "name"), part(c.Args[0], "original_file_path"), c.Str(1))
	}),
	raise("raise_duplicate_resource_name(node_1, node_2)", source.Compilation, func(c *jinja.Call) string {
		return fmt.Sprintf("dbt found two resources with the name \"%s\".\n\nSince these resources have the same name, dbt will be unable to find the correct resource\nwhen looking for it.\n\nTo fix this, change the name of one of these resources:\n- %s (%s)\n- %s (%s)",
			part(c.Args[0], "name"), part(c.Args[0], "unique_id"), part(c.Args[0], "original_file_path"), part(c.Args[1], "unique_id"), part(c.Args[1], "original_file_path"))
	}),
	raise("raise_invalid_property_yml_version(path, issue)", source.Compilation, show("The yml property file at %s is invalid because %s. Please consult the documentation for more information on yml property file syntax:\n\nhttps://docs.getdbt.com/reference/configs-and-properties")),
)

// part gives an attribute or item of v as text, empty if there is none.
func part(v jinja.Value, name string) string {
	got, err := jinja.GetAttr(v, name)
	if err != nil {
		return ""
	}
	return got.String()
}

// contractWords is the message of a broken contract: a table of the columns that
// differ between the properties file and the query.
func contractWords(c *jinja.Call) string {
	declared, queried := contractColumns(c.Args[0]), contractColumns(c.Args[1])
	if len(declared) == 0 {
		return "This model has an enforced contract, and its 'columns' specification is missing"
	}
	rows := [][4]string{}
	for _, q := range queried {
		d, ok := findColumn(declared, q[0])
		switch {
		case !ok:
			rows = append(rows, [4]string{q[0], q[1], "", "missing in contract"})
		case d[2] != q[2]:
			rows = append(rows, [4]string{q[0], q[1], d[1], "data type mismatch"})
		}
	}
	for _, d := range declared {
		if _, ok := findColumn(queried, d[0]); !ok {
			rows = append(rows, [4]string{d[0], "", d[1], "missing in definition"})
		}
	}
	sortRows(rows)
	return "This model has an enforced contract that failed.\n" +
		"Please ensure the name, data_type, and number of columns in your contract match the columns in your model's definition.\n\n" +
		contractTable(rows) + "\n"
}

// contractColumns gives name, type and the formatted pair of each column.
func contractColumns(v jinja.Value) [][3]string {
	var out [][3]string
	items, err := jinja.ToList(v)
	if err != nil {
		return nil
	}
	for _, item := range items {
		out = append(out, [3]string{part(item, "name"), part(item, "data_type"), part(item, "formatted")})
	}
	return out
}

func findColumn(columns [][3]string, name string) ([3]string, bool) {
	for _, c := range columns {
		if c[0] == name {
			return c, true
		}
	}
	return [3]string{}, false
}

func sortRows(rows [][4]string) {
	for i := 1; i < len(rows); i++ {
		for j := i; j > 0 && strings.Join(rows[j][:], "\x00") < strings.Join(rows[j-1][:], "\x00"); j-- {
			rows[j], rows[j-1] = rows[j-1], rows[j]
		}
	}
}

func contractTable(rows [][4]string) string {
	header := [4]string{"column_name", "definition_type", "contract_type", "mismatch_reason"}
	var widths [4]int
	for _, row := range append(rows, header) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	line := func(row [4]string, fill string) string {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = cell + strings.Repeat(fill, widths[i]-utf8.RuneCountInString(cell))
		}
		return "| " + strings.Join(cells, " | ") + " |"
	}
	lines := []string{line(header, " "), line([4]string{}, "-")}
	for _, row := range rows {
		lines = append(lines, line(row, " "))
	}
	return strings.Join(lines, "\n")
}
