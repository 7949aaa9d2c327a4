module carekey/recovery/slip39/oracle

go 1.26

require (
	carekey v0.0.0-00010101000000-000000000000
	github.com/gavincarr/go-slip39 v0.1.3
)

require (
	github.com/deckarep/golang-set/v2 v2.6.0 // indirect
	golang.org/x/crypto v0.55.0 // indirect
	golang.org/x/exp v0.0.0-20260410095643-746e56fc9e2f // indirect
	gonum.org/v1/gonum v0.15.0 // indirect
)

replace carekey => ../../..
