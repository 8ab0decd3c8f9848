// Command kubernetes contains every component of a Kubernetes cluster. The first argument, or the name under which the
// program is started, selects the component. The components share most of their code, so one build and one file serve
// the whole sandbox.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// components maps the name of each component to its main function. The function reads its arguments from os.Args and
// returns the exit code.
var components = map[string]func() int{
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
	component, args := choose(os.Args)
	run, known := components[component]
	if !known {
		fmt.Fprintf(os.Stderr, "%s: unknown component %q; the first argument must be one of: %s\n", filepath.Base(os.Args[0]), component, names())
		os.Exit(2)
	}
	os.Args = args
	os.Exit(run())
}

// choose returns the name and the arguments of the component to run. If the program is started under the name of a
// component (through a symbolic link), the arguments are those of the process. Otherwise they begin with the first one.
func choose(args []string) (string, []string) {
	name := filepath.Base(args[0])
	if _, known := components[name]; known {
		return name, args
	}
	if len(args) < 2 {
		return "", nil
	}
	return args[1], args[1:]
}

func names() string {
	all := make([]string, 0, len(components))
	for name := range components {
		all = append(all, name)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
