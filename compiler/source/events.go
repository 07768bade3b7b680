package source

import "strings"

// The warnings that weft raises, by the names that dbt gives them.
const (
	AdapterEventWarning         = "AdapterEventWarning"
	DepsUnpinned                = "DepsUnpinned"
	DeprecatedModel             = "DeprecatedModel"
	DeprecatedReference         = "DeprecatedReference"
	DeprecationsSummary         = "DeprecationsSummary"
	DuplicateYAMLKeys           = "DuplicateYAMLKeysDeprecation"
	GetMetaKeyWarning           = "GetMetaKeyWarning"
	JinjaLogWarning             = "JinjaLogWarning"
	MacroNotFoundForPatch       = "MacroNotFoundForPatch"
	NoNodeForYamlKey            = "NoNodeForYamlKey"
	NoNodesForSelection         = "NoNodesForSelectionCriteria"
	NoNodesSelected             = "NoNodesSelected"
	NodeNotFoundOrDisabled      = "NodeNotFoundOrDisabled"
	NothingToDo                 = "NothingToDo"
	UnusedResourceConfigPath    = "UnusedResourceConfigPath"
	UnusedTables                = "UnusedTables"
	UpcomingDeprecation         = "UpcomingReferenceDeprecation"
	WrongResourceSchemaFile     = "WrongResourceSchemaFile"
	UnsupportedConstraint       = "UnsupportedConstraintMaterialization"
	FreshnessConfigProblem      = "FreshnessConfigProblem"
	PackageRedirect             = "PackageRedirectDeprecation"
	PackageNodeOnRoot           = "PackageNodeDependsOnRootProjectNode"
	MicrobatchWithoutInputs     = "MicrobatchModelNoEventTimeInputs"
	InvalidMacroAnnotation      = "InvalidMacroAnnotation"
	ValidationWarning           = "ValidationWarning"
	UnexpectedJinjaBlock        = "UnexpectedJinjaBlockDeprecation"
	PropertyMovedToConfig       = "PropertyMovedToConfigDeprecation"
	MissingArgumentsProperty    = "MissingArgumentsPropertyInGenericTestDeprecation"
	ArgumentsProperty           = "ArgumentsPropertyInGenericTestDeprecation"
	ExposureName                = "ExposureNameDeprecation"
	CustomFreshnessOutput       = "CustomOutputPathInSourceFreshnessDeprecation"
	FreshnessHooksNotRun        = "SourceFreshnessProjectHooksNotRun"
	CollectFreshnessReturn      = "CollectFreshnessReturnSignature"
	DuplicateNames              = "DuplicateNameDistinctNodeTypesDeprecation"
	SpacesInName                = "SpacesInResourceNameDeprecation"
	NamesWithSpaces             = "ResourceNamesWithSpacesDeprecation"
	ConfigSourcePath            = "ConfigSourcePathDeprecation"
	ConfigDataPath              = "ConfigDataPathDeprecation"
	ConfigLogPath               = "ConfigLogPathDeprecation"
	ConfigTargetPath            = "ConfigTargetPathDeprecation"
	ProjectFlagsMoved           = "ProjectFlagsMovedDeprecation"
	EnvironmentVariableRenamed  = "EnvironmentVariableRenamed"
	EnvironmentVariableReserved = "EnvironmentVariableNamespaceDeprecation"
	ItertoolsUsage              = "ModulesItertoolsUsageDeprecation"
	ModelParamUsage             = "ModelParamUsageDeprecation"
	IncludeExclude              = "WEOIncludeExcludeDeprecation"
	SourceOverride              = "SourceOverrideDeprecation"
)

// codes are the numbers of warnings in the log; those of deprecations begin with D.
var codes = map[string]string{
	AdapterEventWarning: "E001", DeprecatedModel: "I065", DeprecatedReference: "I067", UpcomingDeprecation: "I066",
	DeprecationsSummary: "D028", DuplicateYAMLKeys: "D024", GetMetaKeyWarning: "D042", JinjaLogWarning: "I061",
	MacroNotFoundForPatch: "I059", NoNodeForYamlKey: "I058", NoNodesForSelection: "M030", NoNodesSelected: "Q038",
	NodeNotFoundOrDisabled: "I060", NothingToDo: "Q035", UnusedResourceConfigPath: "I051", UnusedTables: "I056",
	WrongResourceSchemaFile: "I057", UnsupportedConstraint: "I068", UnexpectedJinjaBlock: "D023",
	PropertyMovedToConfig: "D030", MissingArgumentsProperty: "D039", ArgumentsProperty: "D038",
	SpacesInName: "D014", NamesWithSpaces: "D015", ConfigSourcePath: "D003", ConfigDataPath: "D004",
	ConfigLogPath: "D010", ExposureName: "D007", ModelParamUsage: "D032", DuplicateNames: "D040", IncludeExclude: "D031",
	SourceOverride: "D035", FreshnessConfigProblem: "I073", MicrobatchWithoutInputs: "I074", InvalidMacroAnnotation: "I076",
	PackageNodeOnRoot: "I077", CustomFreshnessOutput: "D029",
	ConfigTargetPath: "D011", ProjectFlagsMoved: "D013", EnvironmentVariableRenamed: "D009",
	EnvironmentVariableReserved: "D036", ItertoolsUsage: "D034", DepsUnpinned: "M029", PackageRedirect: "D001",
}

// warningNames are all the names of warnings that dbt has beside deprecations, and
// deprecationNames those of deprecations: options may name each of them.
var (
	warningNames = strings.Fields(`DeprecatedModel DeprecatedReference UpcomingReferenceDeprecation InvalidValueForField
		ValidationWarning UnusedResourceConfigPath SeedIncreased SeedExceedsLimitSamePath SeedExceedsLimitAndPathChanged
		SeedExceedsLimitChecksumChanged UnusedTables WrongResourceSchemaFile NoNodeForYamlKey MacroNotFoundForPatch
		NodeNotFoundOrDisabled JinjaLogWarning UnsupportedConstraintMaterialization SemanticValidationFailure
		UnversionedBreakingChange WarnStateTargetEqual FreshnessConfigProblem MicrobatchModelNoEventTimeInputs
		InvalidConcurrentBatchesConfig InvalidMacroAnnotation PackageNodeDependsOnRootProjectNode MFConverterIssue
		DepsUnpinned DepsScrubbedPackageName NoNodesForSelectionCriteria NothingToDo NoNodesSelected
		SnapshotTimestampWarning RunResultWarning RunResultWarningMessage SelectExcludeIgnoredWithSelectorWarning
		LogTestResult LogFreshnessResult CatalogGenerationError ConstraintNotEnforced ConstraintNotSupported
		AdapterEventWarning AdapterDeprecationWarning CollectFreshnessReturnSignature GetMetaKeyWarning BehaviorChangeEvent`)
	deprecationNames = strings.Fields(`PackageRedirectDeprecation PackageInstallPathDeprecation ConfigSourcePathDeprecation
		ConfigDataPathDeprecation MetricAttributesRenamed ExposureNameDeprecation InternalDeprecation
		EnvironmentVariableRenamed ConfigLogPathDeprecation ConfigTargetPathDeprecation TestsConfigDeprecation
		ProjectFlagsMovedDeprecation SpacesInResourceNameDeprecation ResourceNamesWithSpacesDeprecation
		PackageMaterializationOverrideDeprecation SourceFreshnessProjectHooksNotRun
		MFTimespineWithoutYamlConfigurationDeprecation MFCumulativeTypeParamsDeprecation
		MicrobatchMacroOutsideOfBatchesDeprecation GenericJSONSchemaValidationDeprecation UnexpectedJinjaBlockDeprecation
		DuplicateYAMLKeysDeprecation CustomTopLevelKeyDeprecation CustomKeyInConfigDeprecation
		CustomKeyInObjectDeprecation DeprecationsSummary CustomOutputPathInSourceFreshnessDeprecation
		PropertyMovedToConfigDeprecation WEOIncludeExcludeDeprecation ModelParamUsageDeprecation
		ModulesItertoolsUsageDeprecation SourceOverrideDeprecation EnvironmentVariableNamespaceDeprecation
		MissingPlusPrefixDeprecation ArgumentsPropertyInGenericTestDeprecation
		MissingArgumentsPropertyInGenericTestDeprecation DuplicateNameDistinctNodeTypesDeprecation
		TimeDimensionsRequireGranularityDeprecation GenericSemanticLayerDeprecation GenerateSchemaNameNullValueDeprecation`)
	isDeprecation = func() map[string]bool {
		out := map[string]bool{}
		for _, n := range deprecationNames {
			out[n] = true
		}
		return out
	}()
)

// EventNames gives all names that options may use for a warning.
func EventNames() []string {
	return append(append([]string(nil), warningNames...), deprecationNames...)
}

// EventCode gives the number of a warning in the log; I000 for one that has none.
func EventCode(name string) string {
	if c, ok := codes[name]; ok {
		return c
	}
	if IsDeprecation(name) {
		return "D000"
	}
	return "I000"
}

// IsDeprecation says whether a warning is told once and counted at the end.
func IsDeprecation(name string) bool { return isDeprecation[name] }
