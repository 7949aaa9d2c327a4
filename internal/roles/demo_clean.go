package roles

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"carekey/ui"
	"carekey/wallet/keyring"
	"carekey/wallet/profile"
)

// cleanDemo removes everything a demo left, and says what.
func cleanDemo(ctx context.Context, o ui.DemoOptions) ([]string, error) {
	root, err := demoRoot(o.Folder)
	if err != nil {
		return nil, err
	}
	if there, err := demoAt(root, o.Folder); err != nil || !there {
		return nil, err
	}
	d := &demo{root: root}
	if err := d.alone(ctx); err != nil {
		return nil, err
	}
	removed, err := removeDemo(ctx, root)
	if err := errors.Join(err, d.lock.Unlock()); err != nil {
		return removed, err
	}
	return removed, removeRoot(root, o.Folder)
}

// removeDemo removes the demo's key and network.
func removeDemo(ctx context.Context, root profile.Root) ([]string, error) {
	network := networkDir(root)
	if err := atRest(network); err != nil {
		return nil, err
	}
	var removed []string
	if p, err := root.Open(demoName); err == nil {
		k := keeperOf(p, demoAsk)
		for _, e := range []keyring.Entry{keyring.MasterEntry, keyring.MarksEntry} {
			if err := k.Delete(ctx, e); err != nil && p.Keeper() == profile.InKeyring {
				return removed, fmt.Errorf("the demo's keyring entry could not be removed: %w", err)
			}
		}
		removed = append(removed, "the demo patient's key and wallet")
	}
	if err := os.RemoveAll(network); err != nil {
		return removed, err
	}
	_ = os.RemoveAll(network + ".building") // it may not be there
	return append(removed, root.Dir()), nil
}

// demoAt tells whether a demo lies at a root. In a folder that somebody chose
// other files may have the names that a demo would give to its own: they are no
// demo's to use, and none's to remove.
func demoAt(root profile.Root, folder string) (bool, error) {
	if _, err := os.Stat(filepath.Join(root.Dir(), demoLock)); err == nil {
		return true, nil
	}
	if folder == "" {
		_, err := os.Stat(root.Dir())
		return err == nil, nil
	}
	for _, dir := range chosen(folder) {
		if list, _ := os.ReadDir(dir); len(list) > 0 {
			return false, &kinded{fmt.Errorf("%s holds files that no demo made: nothing was touched; choose another folder", dir), ui.ErrUsage}
		}
	}
	return false, nil
}

// chosen are the folders of a demo in a folder that somebody chose.
func chosen(folder string) []string {
	return []string{filepath.Join(folder, "data"), filepath.Join(folder, "state")}
}

// atRest makes sure that no home of a network is in use: since a stopped demo's
// node and gateways may run as programs of their own.
func atRest(network string) error {
	locks, err := filepath.Glob(filepath.Join(network, "*", homeLock))
	if err != nil {
		return err
	}
	for _, name := range locks {
		home := filepath.Dir(name)
		if used, err := inUse(home); err != nil {
			return err
		} else if used {
			return &kinded{fmt.Errorf("a node or a gateway runs in %s: nothing was removed", home), ui.ErrBusy}
		}
	}
	return nil
}

// removeRoot removes the demo's profiles and what lies beside them, and in a
// folder that somebody chose nothing else.
func removeRoot(root profile.Root, folder string) error {
	if folder == "" {
		return root.Clean()
	}
	var failed error
	for _, dir := range chosen(folder) {
		failed = errors.Join(failed, os.RemoveAll(dir))
	}
	return failed
}
