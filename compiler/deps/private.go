package deps

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// provider is one entry of the environment variable that says where private packages
// are: a JSON list of those. The URL has {token}, {org}, {repo}, and {group} or
// {project} for what stands between.
type provider struct {
	Org      string `json:"org"`
	URL      string `json:"url"`
	Token    string `json:"token"`
	Provider string `json:"provider"`
}

// hosts are the places of private packages where nothing is configured.
var hosts = map[string]string{"github": "git@github.com:", "gitlab": "git@gitlab.com:"}

// azure are the names of the one provider whose packages have three parts.
var azure = []string{"ado", "azure_devops", "azure_active_directory"}

// privateURL gives the git URL of a private package. The table of providers is asked
// first, in order; without one the package is fetched over SSH.
func (in *installer) privateURL(r *request) (string, error) {
	parts := strings.Split(r.source, "/")
	if len(parts) < 2 || slices.Contains(parts, "") || strings.ContainsAny(r.source, ":@ ") {
		return "", r.at("%q is no name of a private package; those are org/repo", r.shown)
	}
	kind := orElse(r.provider, "github")
	isAzure := slices.Contains(azure, kind)
	if hosts[kind] == "" && !isAzure {
		e := r.at("%q is no provider of private packages", r.provider)
		e.Hint = "providers are github, gitlab, " + strings.Join(azure, ", ")
		return "", e
	}
	if in.o.Providers != "" {
		return in.configuredURL(r, parts)
	}
	if isAzure {
		if len(parts) != 3 {
			return "", r.at("%q is no name of a private package of Azure DevOps; those are org/project/repo", r.shown)
		}
		return "git@ssh.dev.azure.com:v3/" + r.source, nil
	}
	return hosts[kind] + r.source + ".git", nil
}

func (in *installer) configuredURL(r *request, parts []string) (string, error) {
	var all []provider
	// The text holds tokens, so neither it nor what is wrong in it is shown.
	if json.Unmarshal([]byte(in.o.Providers), &all) != nil {
		return "", r.at("DBT_ENV_PRIVATE_GIT_PROVIDER_INFO is no JSON list of mappings with org, url, token and provider")
	}
	last := len(parts) - 1
	for _, p := range all {
		if p.Org != parts[0] || r.provider != "" && p.Provider != "" && r.provider != p.Provider {
			continue
		}
		between := strings.Join(parts[1:last], "/")
		url := strings.NewReplacer("{token}", p.Token, "{org}", parts[0], "{repo}", parts[last], "{group}", between, "{project}", between).Replace(p.URL)
		in.hidden = append(in.hidden, p.Token)
		return url, nil
	}
	e := r.at("Cannot resolve private package %s because git provider integration is missing. Please use a \"git\" package instead.", r.shown)
	e.Hint = "no entry of DBT_ENV_PRIVATE_GIT_PROVIDER_INFO has this organization and provider"
	return "", e
}

// pinPrivate is pinGit for a package whose URL is found by its name.
func (in *installer) pinPrivate(ctx context.Context, w *wanted) (*pinned, error) {
	url, err := in.privateURL(w.first())
	if err != nil {
		return nil, err
	}
	for _, r := range w.requests {
		r.url = url
	}
	return in.pinGit(ctx, w)
}
