package deps

import (
	"weft/compiler/config"
	"weft/compiler/jinja"
)

var (
	revisionKey  = config.Key{Name: "revision", Shape: config.Shape{Scalars: config.TextValue | config.NumberValue}, Doc: "tag, branch or commit"}
	unpinnedKey  = config.Key{Name: "warn-unpinned", Shape: config.SomeFlag, Doc: "whether to warn that the revision can change"}
	subfolderKey = config.Key{Name: "subdirectory", Shape: config.SomeText, Doc: "folder of the package in the repository"}
	nameKey      = config.Key{Name: "name", Shape: config.SomeText, Doc: "name of the project in the package"}
)

// packageForms are the forms of an entry of packages.yml.
var packageForms = []*config.Schema{
	{Name: "a package of the hub", Keys: []config.Key{
		{Name: "package", Shape: config.SomeText, Required: true, Doc: "namespace/name"},
		{Name: "version", Shape: config.Shape{Scalars: config.TextValue | config.NumberValue, List: &config.Shape{}}, Required: true, Doc: "version, or a list of bounds such as >=1.0.0"},
		{Name: "install-prerelease", Shape: config.SomeFlag, Doc: "whether versions before a release count"},
		{Name: "install_prerelease", Shape: config.SomeFlag, Doc: "another spelling of install-prerelease"}, nameKey,
	}},
	{Name: "a package of a repository", Keys: []config.Key{
		{Name: "git", Shape: config.SomeText, Required: true, Doc: "URL of the repository"}, revisionKey, unpinnedKey, subfolderKey, nameKey,
	}},
	{Name: "a package of a folder", Keys: []config.Key{{Name: "local", Shape: config.SomeText, Required: true, Doc: "folder, from the project's own"}, nameKey}},
	{Name: "a package of an archive", Keys: []config.Key{
		{Name: "tarball", Shape: config.SomeText, Required: true, Doc: "URL of a .tar.gz"},
		{Name: "name", Shape: config.SomeText, Required: true, Doc: "name of the folder that it gets"},
	}},
	{Name: "a package of a private repository", Keys: []config.Key{
		{Name: "private", Shape: config.SomeText, Required: true, Doc: "organisation/repository"},
		{Name: "provider", Shape: config.OneOf("github", "gitlab", "ado", "azure_devops", "azure_active_directory"), Doc: "who keeps it"},
		revisionKey, unpinnedKey, subfolderKey, nameKey,
	}},
}

// PackagesSchema gives the JSON Schema of packages.yml and dependencies.yml.
func PackagesSchema() *jinja.Dict {
	out := config.NewJSONSchema("packages.yml", "Packages that a project uses")
	forms := jinja.NewList()
	for _, f := range packageForms {
		forms.Append(f.JSON())
	}
	entry := jinja.NewDict()
	entry.SetStr("anyOf", forms)
	list := jinja.NewDict()
	list.SetStr("type", jinja.Str("array"))
	list.SetStr("items", entry)
	out.Property("packages", list)
	out.Property("projects", config.ListOf(config.KeysOf(projectForm)).JSON())
	return out.Dict
}

// projectForm is an entry of projects in dependencies.yml.
var projectForm = &config.Schema{Name: "a project", Keys: []config.Key{
	{Name: "name", Shape: config.SomeText, Required: true, Doc: "name of the other project"},
	{Name: "path", Shape: config.SomeText, Doc: "its folder"},
	{Name: "manifest", Shape: config.SomeText, Doc: "file or URL of its manifest.json"},
}}
