package ask

import (
	"os"

	"golang.org/x/sys/unix"
)

// forget drops what waits in a terminal. If it cannot, the question is answered by
// what waits, and that is no unless somebody wrote yes.
func forget(terminal *os.File) {
	_ = unix.IoctlSetInt(int(terminal.Fd()), unix.TCFLSH, unix.TCIFLUSH)
}
