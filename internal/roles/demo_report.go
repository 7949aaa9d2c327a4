package roles

import (
	"encoding/json"
	"os"
	"path/filepath"

	"carekey/ui"
	"carekey/wallet/profile"
)

// reportFile is what a running demo says of itself, so that another terminal can
// read it while the screens cover this one.
func reportFile(root profile.Root) string { return filepath.Join(root.Dir(), "demo.json") }

func keepReport(root profile.Root, r ui.DemoReport) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return os.WriteFile(reportFile(root), b, 0o600)
}

// readReport is what the demo that runs said; empty if it has not said it yet.
func readReport(root profile.Root) ui.DemoReport {
	var r ui.DemoReport
	b, err := os.ReadFile(reportFile(root))
	if err != nil || json.Unmarshal(b, &r) != nil {
		return ui.DemoReport{}
	}
	return r
}
