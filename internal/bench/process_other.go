//go:build !linux

package main

import (
	"errors"
	"os/exec"
	"time"
)

var errOnlyLinux = errors.New("this is measured on Linux only")

func startOnTerminal(*exec.Cmd, uint16, uint16, []byte) (*terminal, error) { return nil, errOnlyLinux }

func peakMemory(int) (int64, error) { return 0, errOnlyLinux }

func processorTime() time.Duration { return 0 }
