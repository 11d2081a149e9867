package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"schism/scenarios"
)

// listed is one scenario in the JSON output of list.
type listed struct {
	Name    string   `json:"name"`
	Doc     string   `json:"doc"`
	Servers int      `json:"servers"`
	Clients int      `json:"clients"`
	Seconds float64  `json:"virtual_s"`
	Marks   []string `json:"marks"`
	Mutant  bool     `json:"mutant"`
}

func newList() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list [SCENARIO|PATTERN]",
		Short: "List the scenarios",
		Long:  "List lists all scenarios, or those that match a pattern as hunt takes it, such as zab/... .",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			chosen, _, err := choose(scenarios.All, append(args, "all")[0])
			if err != nil {
				return err
			}
			if asJSON {
				return listJSON(c, chosen)
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, s := range chosen {
				fmt.Fprintf(w, "%s\t%s\n", s.Name, s.Doc)
			}
			if len(args) == 0 {
				for _, both := range scenarios.Comparisons() {
					fmt.Fprintf(w, "%s\tBoth protocols side by side\n", both.Name)
				}
			}
			return w.Flush()
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print an array of objects")
	return c
}

func listJSON(c *cobra.Command, chosen []*scenarios.Scenario) error {
	all := []listed{}
	for _, s := range chosen {
		all = append(all, listed{Name: s.Name, Doc: s.Doc, Servers: s.Servers, Clients: s.Clients,
			Seconds: s.Length().Seconds(), Marks: append([]string{}, s.Want...), Mutant: s.Mutant()})
	}
	enc := json.NewEncoder(c.OutOrStdout())
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(all)
}
