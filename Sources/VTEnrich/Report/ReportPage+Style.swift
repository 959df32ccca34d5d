extension ReportPage {
    /// Colours are told apart in grey, too: worse is darker (in the dark, lighter), and legend and titles name them.
    static let style: Markup = """
        :root { color-scheme: light dark; --paper: #f6f7f9; --card: #fff; --ink: #1a2230; --faint: #5d6878; --line: #dfe3ea;
          --malicious: #b3261e; --suspicious: #e08a00; --unknown: #9aa9c0; --unenriched: #6b4fa0; --ours: #2f6db5;
          --others: #9cc1ea; --link: #1f5fa8; }
        @media (prefers-color-scheme: dark) { :root { --paper: #12161d; --card: #1b212b; --ink: #e8ecf2; --faint: #9aa7b8;
          --line: #323b49; --malicious: #ff6b5e; --suspicious: #f5b041; --unknown: #5f7494; --unenriched: #b79cf0;
          --ours: #5ea3ea; --others: #2e5580; --link: #8dbdf5; } }
        @media print { :root { color-scheme: light; --paper: #fff; --card: #fff; --ink: #000; --faint: #444; --line: #bbb;
          --malicious: #b3261e; --suspicious: #e08a00; --unknown: #9aa9c0; --unenriched: #6b4fa0; --ours: #2f6db5;
          --others: #9cc1ea; --link: #000; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 1120px; padding: 28px 20px 40px; background: var(--paper); color: var(--ink);
          font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", "DejaVu Sans", sans-serif;
          -webkit-print-color-adjust: exact; print-color-adjust: exact; }
        h1 { margin: 2px 0 4px; font-size: 27px; line-height: 1.2; letter-spacing: -.01em; }
        h2 { margin: 0 0 10px; font-size: 17px; }
        h2 small, .small, .faint { color: var(--faint); font-weight: 400; }
        h2 small { font-size: 13px; margin-left: 6px; }
        .small { font-size: 13px; }
        .brand { margin: 0; color: var(--faint); font-size: 13px; letter-spacing: .06em; text-transform: uppercase; }
        .when { margin: 0 0 18px; color: var(--faint); }
        .when b { color: var(--ink); }
        section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 16px 18px;
          margin: 0 0 16px; min-width: 0; }
        .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; }
        .lead { font-size: 18px; margin: 0 0 14px; max-width: 62em; }
        .tiles { display: grid; grid-template-columns: repeat(6, 1fr); gap: 12px; margin: 0; }
        .tiles div { border-top: 4px solid var(--ours); padding-top: 8px; }
        .tiles dt { color: var(--faint); font-size: 13px; }
        .tiles dd { margin: 0; font-size: 24px; font-weight: 600; font-variant-numeric: tabular-nums; }
        .tiles dd.small { font-size: 12.5px; font-weight: 400; }
        .tiles .malicious { border-color: var(--malicious); } .tiles .suspicious { border-color: var(--suspicious); }
        .tiles .unknown { border-color: var(--unknown); } .tiles .unenriched { border-color: var(--unenriched); }
        .chart { display: block; width: 100%; height: auto; }
        .chart .malicious, .bar .malicious { fill: var(--malicious); } .chart .suspicious { fill: var(--suspicious); }
        .chart .unknown, .bar .unknown { fill: var(--unknown); } .chart .unenriched { fill: var(--unenriched); }
        .chart .ours { fill: var(--ours); } .chart .others { fill: var(--others); }
        .hit { fill: transparent; } g:hover > .hit { fill: var(--line); }
        .grid { stroke: var(--line); } .limit { stroke: var(--malicious); stroke-dasharray: 5 4; stroke-width: 1.5; }
        .tick { fill: var(--faint); font-size: 11px; } .end { text-anchor: end; } .middle { text-anchor: middle; }
        .pair .tick { font-size: 15px; }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 0 0 6px; padding: 0; font-size: 13px; }
        .legend li::before { content: ""; display: inline-block; width: 11px; height: 11px; border-radius: 2px;
          margin-right: 6px; background: var(--unknown); }
        .legend .malicious::before { background: var(--malicious); } .legend .suspicious::before { background: var(--suspicious); }
        .legend .unenriched::before { background: var(--unenriched); }
        .scroll { overflow-x: auto; }
        table { width: 100%; border-collapse: collapse; font-size: 14px; }
        th, td { text-align: left; padding: 5px 10px 5px 0; border-top: 1px solid var(--line); font-weight: 400;
          vertical-align: baseline; }
        thead th { border-top: 0; color: var(--faint); font-size: 12.5px; white-space: nowrap; }
        tfoot th, tfoot td { font-weight: 600; }
        .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; padding-right: 16px; }
        .name { overflow-wrap: anywhere; } .address, .days th { white-space: nowrap; }
        .bars { width: 26%; min-width: 110px; padding-right: 0; white-space: nowrap; }
        .bar { width: calc(100% - 52px); height: 10px; margin-right: 8px; }
        .badge { display: inline-block; border-radius: 4px; padding: 0 7px; font-size: 12.5px; border: 1px solid var(--line); }
        .badge.malicious { color: var(--malicious); border-color: currentColor; font-weight: 600; }
        .badge.suspicious { border-color: var(--suspicious); } .badge + .faint { font-size: 12.5px; margin-left: 6px; }
        .badge.unenriched { border-color: var(--unenriched); }
        a { color: var(--link); text-decoration: none; } a:hover, a:focus { text-decoration: underline; }
        .notes p { margin: 0 0 8px; font-size: 13px; color: var(--faint); max-width: 75em; } .notes b { color: var(--ink); }
        @media (max-width: 760px) { .pair { grid-template-columns: 1fr; gap: 0; } .tiles { grid-template-columns: 1fr 1fr 1fr; } }
        @media print { @page { size: A4; margin: 14mm; } body { padding: 0; max-width: none; font-size: 10.5pt; }
          section { break-inside: avoid; padding: 8px 0; border: 0; border-top: 1px solid var(--line); border-radius: 0;
          margin-bottom: 8px; } h1 { font-size: 19pt; } .lead { font-size: 12pt; } .tiles dd { font-size: 15pt; }
          .pair { grid-template-columns: 1fr 1fr; gap: 18px; } .tiles { grid-template-columns: repeat(6, 1fr); }
          .bars { min-width: 80px; } .bar { width: calc(100% - 40px); margin-right: 4px; } table { font-size: 9pt; } th, td { padding-top: 2px; padding-bottom: 2px; } .scroll { overflow: visible; } }
        """
}
