package safe

import (
	"reflect"

	"carekey/ui/words"
)

// Copy returns a deep copy of v in which every string that can be reached is
// clean. It walks the value, so that a text in a field that is added later is
// cleaned too. Byte slices and unexported fields keep what they hold.
func Copy[T any](v T) T {
	out := v
	clean(reflect.ValueOf(&out).Elem())
	return out
}

func clean(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(words.Clean(v.String()))
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				clean(f)
			}
		}
	case reflect.Slice:
		cleanSlice(v)
	case reflect.Array:
		cleanArray(v)
	case reflect.Map:
		cleanMap(v)
	case reflect.Pointer:
		if !v.IsNil() {
			v.Set(copyOf(v.Elem()).Addr())
		}
	case reflect.Interface:
		if !v.IsNil() {
			v.Set(copyOf(v.Elem()))
		}
	}
}

// copyOf is a clean, addressable copy.
func copyOf(v reflect.Value) reflect.Value {
	fresh := reflect.New(v.Type()).Elem()
	fresh.Set(v)
	clean(fresh)
	return fresh
}

func cleanSlice(v reflect.Value) {
	if v.IsNil() || isPlain(v.Type().Elem()) {
		return
	}
	fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	reflect.Copy(fresh, v)
	for i := range fresh.Len() {
		clean(fresh.Index(i))
	}
	v.Set(fresh)
}

func cleanArray(v reflect.Value) {
	if isPlain(v.Type().Elem()) {
		return
	}
	for i := range v.Len() {
		clean(v.Index(i))
	}
}

func cleanMap(v reflect.Value) {
	if v.IsNil() {
		return
	}
	fresh := reflect.MakeMapWithSize(v.Type(), v.Len())
	for key, value := range v.Seq2() {
		fresh.SetMapIndex(copyOf(key), copyOf(value))
	}
	v.Set(fresh)
}

// isPlain tells that values of this kind hold no text.
func isPlain(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Struct, reflect.Slice, reflect.Array, reflect.Map, reflect.Pointer, reflect.Interface:
		return false
	}
	return true
}
