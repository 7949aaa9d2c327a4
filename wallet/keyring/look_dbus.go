//go:build linux || freebsd || netbsd || openbsd || dragonfly

package keyring

import (
	"context"
	"errors"
	"slices"

	"github.com/godbus/dbus/v5"
)

// Names of the Secret Service API, version 0.2.
const (
	secretsName    = "org.freedesktop.secrets"
	secretsPath    = "/org/freedesktop/secrets"
	loginPath      = "/org/freedesktop/secrets/collection/login"
	serviceType    = "org.freedesktop.Secret.Service"
	collectionType = "org.freedesktop.Secret.Collection"
)

// look finds out over D-Bus how the keyring is. It starts no bus, makes the
// keyring ask nothing, and starts the keyring only where the bus offers to.
func look(ctx context.Context) (condition, error) {
	conn, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(ctx))
	if err != nil {
		return missing, nil // no session bus: nowhere a keyring could be
	}
	defer conn.Close()
	if err := errors.Join(conn.Auth(nil), conn.Hello()); err != nil {
		return missing, ctx.Err()
	}
	running, err := startSecrets(ctx, conn.BusObject())
	if err != nil || !running {
		return missing, err
	}
	return lookAtCollection(ctx, conn)
}

// startSecrets tells whether the keyring runs, after starting it where the bus
// knows how.
func startSecrets(ctx context.Context, bus dbus.BusObject) (bool, error) {
	var running bool
	err := bus.CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", dbus.FlagNoAutoStart, secretsName).Store(&running)
	if err != nil || running {
		return running, err
	}
	var startable []string
	err = bus.CallWithContext(ctx, "org.freedesktop.DBus.ListActivatableNames", dbus.FlagNoAutoStart).Store(&startable)
	if err != nil || !slices.Contains(startable, secretsName) {
		return false, err
	}
	started := bus.CallWithContext(ctx, "org.freedesktop.DBus.StartServiceByName", 0, secretsName, uint32(0)).Err
	return started == nil, ctx.Err()
}

// lookAtCollection tells whether the collection that the library writes to is
// there and unlocked: the one called login, else the default.
func lookAtCollection(ctx context.Context, conn *dbus.Conn) (condition, error) {
	service := conn.Object(secretsName, secretsPath)
	var all []dbus.ObjectPath
	if err := property(ctx, service, serviceType, "Collections", &all); err != nil {
		return missing, err
	}
	collection := dbus.ObjectPath(loginPath)
	if !slices.Contains(all, collection) {
		err := service.CallWithContext(ctx, serviceType+".ReadAlias", dbus.FlagNoAutoStart, "default").Store(&collection)
		if err != nil || collection == "/" {
			return missing, err
		}
	}
	var isLocked bool
	if err := property(ctx, conn.Object(secretsName, collection), collectionType, "Locked", &isLocked); err != nil {
		return missing, err
	}
	if isLocked {
		return locked, nil
	}
	return open, nil
}

func property(ctx context.Context, o dbus.BusObject, of, name string, into any) error {
	var v dbus.Variant
	err := o.CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", dbus.FlagNoAutoStart, of, name).Store(&v)
	if err != nil {
		return err
	}
	return v.Store(into)
}
