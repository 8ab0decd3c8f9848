// One program that is every part of a Kubernetes cluster: the first argument, or the name it is called by, says
// which part. Linking them together shares most of their code, so one build and one file serve the whole sandbox.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// parts maps the name of each part to its main function. The function reads os.Args as its own and
// returns the exit code.
var parts = map[string]func() int{
	"coredns":                 runCoreDNS,
	"etcd":                    runEtcd,
	"kube-apiserver":          runAPIServer,
	"kube-controller-manager": runControllerManager,
	"kube-proxy":              runProxy,
	"kube-scheduler":          runScheduler,
	"kubectl":                 runKubectl,
	"kubelet":                 runKubelet,
}

func main() {
	part, args := choose(os.Args)
	run, known := parts[part]
	if !known {
		fmt.Fprintf(os.Stderr, "%s: unknown part %q; the first argument must be one of: %s\n", filepath.Base(os.Args[0]), part, names())
		os.Exit(2)
	}
	os.Args = args
	os.Exit(run())
}

// choose gives the part's name and the arguments it sees: those of the process when it is called by the name of a
// part (through a link), otherwise those from the first argument on.
func choose(args []string) (string, []string) {
	name := filepath.Base(args[0])
	if _, known := parts[name]; known {
		return name, args
	}
	if len(args) < 2 {
		return "", nil
	}
	return args[1], args[1:]
}

func names() string {
	all := make([]string, 0, len(parts))
	for name := range parts {
		all = append(all, name)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
