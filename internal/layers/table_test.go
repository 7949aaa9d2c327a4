package layers

// row says what a folder of ours and everything below it may import of ours.
// Naming a folder allows all that lies below it, too.
type row struct {
	folder string
	may    []string
	later  bool // the folder is planned and must not exist yet
}

// everything stands for all of our folders.
const everything = "..."

// table is the shape of the project: arrows go down only. A package of ours
// that is in no row is refused, and so is a row without a package.
var table = []row{
	{folder: ".", may: []string{everything}},
	{folder: "ui", may: []string{"wallet", "recovery", "fhir", "consent"}},
	{folder: "gateway", may: []string{"client", "fhir", "consent"}},
	{folder: "wallet", may: []string{"fhir", "consent"}},
	{folder: "recovery", may: []string{"consent"}},
	{folder: "ledger", may: []string{"consent"}},
	{folder: "client", may: []string{"consent"}},
	{folder: "fhir", may: []string{"consent"}},
	{folder: "consent"},

	{folder: "internal/roles", may: []string{everything}},
	{folder: "internal/reach", may: []string{"wallet", "client", "consent"}},
	{folder: "internal/world", may: []string{
		"internal/reach",
		"wallet", "recovery", "gateway", "client", "ledger", "fhir", "consent", "internal/synth"}},
	{folder: "internal/synth", may: []string{"fhir", "consent"}},
	{folder: "internal/bench", may: []string{everything}},
	{folder: "internal/fhirserver"},
	{folder: "internal/smalldisk"},
	{folder: "internal/terminal", may: []string{"gateway/records", "fhir"}},
	{folder: "internal/check"},
	{folder: "internal/layers"},
}

// quick are the folders with decoders: fuzzing and race tests build them over
// and over, so neither they nor their tests may pull in the node.
var quick = []string{"consent", "fhir", "client"}

// pure are the folders that do no input or output, in no package of theirs.
var pure = []string{"consent", "fhir"}

// alone are the folders that other projects may want to take: they import the
// standard library and nothing else.
var alone = []string{"recovery/slip39"}

// impure are the packages, with all below them, that a pure folder leaves
// alone.
var impure = []string{
	"database/sql", "io/ioutil", "log", "net", "os", "plugin", "syscall", "golang.org/x/sys",
}

// harmless are packages below impure ones that do nothing by themselves.
var harmless = []string{"net/netip", "net/textproto", "net/url"}

// reserved are the packages of others, with all below them, that only some
// folders may import in the product. Tests are free.
var reserved = []struct {
	path string
	may  []string
}{
	{node, []string{"ledger", "internal/bench"}},
	{cometbft, []string{"ledger", "client", "internal/bench"}},
	{"github.com/cosmos/iavl", []string{"ledger"}},
	{"charm.land", []string{".", "ui", "internal/bench"}},
	{"github.com/spf13/cobra", []string{".", "ui"}},
	{"github.com/zalando/go-keyring", []string{"wallet"}},
	{"github.com/godbus/dbus/v5", []string{"wallet"}},
	{"pgregory.net/rapid", nil},
	{"github.com/rogpeppe/go-internal", nil},
	{"github.com/charmbracelet/x/exp", nil},
}

const (
	cometbft = "github.com/cometbft/cometbft"
	node     = cometbft + "/consensus" // the heart of every node
)

// forbidden are modules and packages that nothing here may use, tests
// included, each with all below it.
var forbidden = []struct{ path, why string }{
	{"github.com/charmbracelet/bubbletea", "version 2 is charm.land/bubbletea/v2"},
	{"github.com/charmbracelet/lipgloss", "version 2 is charm.land/lipgloss/v2"},
	{"github.com/charmbracelet/bubbles", "version 2 is charm.land/bubbles/v2"},
	{"github.com/charmbracelet/huh", "version 2 is charm.land/huh/v2"},
	{"github.com/charmbracelet/fang", "version 2 is charm.land/fang/v2"},
	{cometbft + "/node", "ledger/engine puts a node together: docs/decisions/start.md"},
	{"io/ioutil", "its functions live in io and os"},
	{"log", "the project logs with log/slog"},
}

// allowedLicences may be part of the binary (SPDX identifiers).
var allowedLicences = []string{
	"Apache-2.0", "BSD-2-Clause", "BSD-2-Clause-Views", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0",
	"GooglePatentsFile", // a further grant beside BSD-3-Clause in golang.org/x
}

// readLicences are licences that a person read because no tool recognises
// their files.
var readLicences = map[string]string{
	"github.com/multiformats/go-base36": "Apache-2.0 or MIT, as its LICENSE.md says by links",
}
