package roles

import (
	"log/slog"
	"runtime/debug"

	"carekey/internal/world"
	"carekey/ui"
	"carekey/wallet/profile"
)

// All are the roles of the program.
func All(log *slog.Logger) (ui.Roles, error) {
	root, err := profile.UserRoot()
	if err != nil {
		return ui.Roles{}, err
	}
	return ui.Roles{
		Version: version(), Wallets: Wallets{Root: root, Log: log}.Roles(), Gateway: gateways(),
		Demo: demos(), Verify: verify, Node: runNode,
	}, nil
}

// version is what the linker wrote into the binary.
func version() ui.Version {
	var v ui.Version
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "(devel)" {
		v.Number = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Commit = s.Value
		}
	}
	return v
}

// ofDemo are the wallets of the demo's root: the profile "demo" names its
// patient in every command.
func (s Wallets) ofDemo() (Wallets, error) {
	root, err := profile.DemoRoot()
	if err != nil {
		return s, err
	}
	s.Root = root
	s.Addresses, err = world.Addresses(networkDir(root))
	return s, err
}
