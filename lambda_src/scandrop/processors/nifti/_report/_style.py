"""How the report looks: in light and dark, on a phone, on paper."""

STYLE = """
:root{color-scheme:light dark;
--paper:#fff;--ink:#1a1d21;--soft:#59616b;--rule:#d9dde2;--tint:#f4f5f7;--link:#0b57a4;
--a:#0072b2;--b:#c2410c;--c:#00795a;--limit:#8a5300;--out:#d55e00;--outband:#d55e0030;--early:#59616b38;
--pass:#0b6b3a;--pass-tint:#e6f4ec;--warn:#7a4b00;--warn-tint:#fdf1dc;--fail:#a01c1c;--fail-tint:#fce8e7}
@media screen and (prefers-color-scheme:dark){:root{
--paper:#14171a;--ink:#e8eaed;--soft:#a3abb5;--rule:#343a41;--tint:#1d2125;--link:#8cc0f5;
--a:#56b4e9;--b:#f0975a;--c:#3fcfa0;--limit:#e0b050;--out:#ff8c42;--outband:#ff8c423d;--early:#a3abb540;
--pass:#7fd6a4;--pass-tint:#12301f;--warn:#f2c46d;--warn-tint:#33270f;--fail:#ff9d96;--fail-tint:#3a1716}}
*{box-sizing:border-box}
html{scroll-behavior:smooth}
@media(prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--paper);color:var(--ink);
font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
font-variant-numeric:tabular-nums}
header,main,footer,nav{max-width:66rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.25rem}
h1{font-size:1.75rem;line-height:1.2;margin:.1rem 0 1rem;overflow-wrap:anywhere;letter-spacing:-.01em}
h2{font-size:1.25rem;line-height:1.3;margin:0 0 .75rem}
h3{font-size:.875rem;font-weight:600;margin:0}
h3 small{font-weight:400;font-size:1em;color:var(--soft);margin-left:.6em}
p{margin:.5rem 0}
a{color:var(--link)}
a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);outline-offset:2px;
border-radius:2px}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:.5rem;background:var(--paper);padding:.25rem .5rem}
.kind{margin:0;color:var(--soft);font-size:.875rem}
.verdict{border-left:.375rem solid;border-radius:.25rem;padding:.7rem 1rem}
.verdict strong{font-size:1.125rem}
.verdict ul{margin:.25rem 0 0;padding-left:1.2rem}
.verdict ul:first-child{margin:0}
.verdict li,.verdict p{color:var(--ink)}
.verdict strong+ul{list-style:none;padding:0}
.verdict .against{font-weight:600}.verdict .for{color:var(--soft)}
.pass{color:var(--pass);background:var(--pass-tint)}
.warn{color:var(--warn);background:var(--warn-tint)}
.fail{color:var(--fail);background:var(--fail-tint)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:1px;margin:1rem 0 0;
background:var(--rule);border:1px solid var(--rule);border-radius:.25rem;overflow:hidden}
.facts div{background:var(--paper);padding:.6rem .8rem}
.facts dt{color:var(--soft);font-size:.8125rem}
.facts dd{margin:0;font-size:1.1875rem;font-weight:600;line-height:1.3}
.facts dd small{font-size:.8125rem;font-weight:400;color:var(--soft);margin-left:.3em}
nav{padding-top:1rem;font-size:.875rem}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;padding:0 0 .75rem;margin:0;
border-bottom:1px solid var(--rule)}
section{padding-top:2rem}
body:has(main:target)>:is(header,nav,footer,.skip),main:target>:is(#warnings,#volumes,#numbers,#provenance,#references){
display:none}
figure{margin:0}
figcaption{font-size:.875rem;color:var(--soft);margin-top:.75rem;max-width:60rem}
body{counter-reset:figure}
figcaption b{color:var(--ink)}
figcaption b::before{counter-increment:figure;content:"Figure " counter(figure) ". "}
img{display:block}
.traces{display:grid;grid-template-columns:3.25rem minmax(0,1fr) 2.75rem;font-size:.75rem;line-height:1}
.head{grid-column:2;display:flex;flex-wrap:wrap;justify-content:space-between;gap:.3rem 1rem;padding:.85rem 0 .35rem;
line-height:1.25}
.keys{display:flex;flex-wrap:wrap;gap:.2rem 1rem;color:var(--soft)}
.key::before{content:"";display:inline-block;width:1.25rem;border-top:2.5px solid;vertical-align:.25em;
margin-right:.4rem}
.key.a::before{border-color:var(--a)}.key.b::before{border-color:var(--b)}.key.c::before{border-color:var(--c)}
.plot{grid-column:2;border-left:1px solid var(--soft);border-bottom:1px solid var(--soft);height:6.25rem}
.plot svg,.plot img{display:block;width:100%;height:100%}
.plot.carpet{height:20rem;border:0;outline:1px solid var(--rule)}
.y{position:relative;grid-column:1;color:var(--soft)}
.y span{position:absolute;right:.45rem;transform:translateY(-50%);white-space:nowrap}
.y .strip{position:absolute;right:.25rem;width:.5rem;height:100%;background:var(--rule);fill:var(--soft)}
.ends{position:relative;grid-column:3}
.ends span{position:absolute;left:.4rem;transform:translateY(-50%);white-space:nowrap;font-weight:600}
.ends .a{color:var(--a)}.ends .b{color:var(--b)}.ends .c{color:var(--c)}.ends .limit{color:var(--limit)}
.marks{position:relative;height:1.2rem;color:var(--soft)}
.traces .marks{grid-column:2}
.marks span{position:absolute;transform:translateX(-50%);white-space:nowrap;top:.35rem}
.axis-name{grid-column:2;color:var(--soft);text-align:right;padding-top:.4rem}
.traces>.axis-name:not(:first-child){order:2}
.traces>.axis-name:not(:first-child)+.marks{order:1}
svg path{fill:none}
.line{stroke-width:1.4;stroke-linejoin:round;stroke-linecap:round}
.line.a{stroke:var(--a)}.line.b{stroke:var(--b)}.line.c{stroke:var(--c)}
.grid{stroke:var(--rule);stroke-width:1}
.limit{stroke:var(--limit);stroke-width:1.2;stroke-dasharray:5 4}
.dots{stroke:var(--out);stroke-width:6;stroke-linecap:round}
svg .out{fill:var(--outband);stroke:var(--outband);stroke-width:.75}
svg .early{fill:var(--early);stroke:none}
svg.strip path{fill:var(--soft)}
.swatch{display:inline-block;width:1rem;height:.75em;border:1px solid var(--soft);margin:0 .15em}
.swatch.out{background:var(--outband)}.swatch.early{background:var(--early)}
.mosaic{position:relative;width:100%;margin:0 auto}
.mosaic img{width:100%;height:100%;image-rendering:pixelated}
.mosaic.dark{background:#000;border-radius:.25rem;overflow:hidden;color:#fff}
.mosaic svg{position:absolute;inset:0;width:100%;height:100%}
.mosaic path{stroke:#ff9d3c;stroke-width:1.3}
.mosaic span{position:absolute;font-size:.6875rem;line-height:1;padding:.3rem}
.mosaic .z{color:var(--soft)}
.abreast .z{display:none}
.mosaic.dark .z{color:#d5d9de}
.mosaic .side{font-weight:700;transform:translateY(-50%)}
.abreast{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(17rem,100%),1fr));gap:1.25rem 1.5rem;
align-items:end}
.abreast h3{margin-bottom:.4rem}
.bar{max-width:20rem;margin:.75rem auto 0;font-size:.75rem;text-align:center}
.bar img{width:100%;height:.7rem;border:1px solid var(--rule)}
.bar b{font-weight:400;color:var(--soft)}
.matrix{display:grid;grid-template-columns:2.5rem minmax(0,1fr);max-width:38rem;margin:0 auto;font-size:.75rem;
line-height:1}
.matrix img{width:100%;aspect-ratio:1;image-rendering:pixelated;grid-column:2}
.matrix .marks{grid-column:2}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.875rem}
caption{text-align:left;color:var(--soft);padding-bottom:.5rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .9rem .4rem 0;border-top:1px solid var(--rule)}
thead th{border-top:0;color:var(--soft);font-weight:600}
tbody th{font-weight:600;white-space:nowrap}
td.n{text-align:right;white-space:nowrap}
th.n{text-align:right}
.plain th,.plain td{overflow-wrap:anywhere;white-space:normal}
.plain th{width:30%}
dl.lists{display:grid;grid-template-columns:minmax(9rem,max-content) minmax(0,1fr);gap:.4rem 1.25rem;margin:0}
dl.lists dt{font-weight:600}dl.lists dd{margin:0;overflow-wrap:anywhere}
summary{cursor:pointer;color:var(--link)}
details ol{columns:14rem;font-size:.875rem}
.refs li{margin:.35rem 0}
footer{padding-top:2rem;padding-bottom:3rem;color:var(--soft);font-size:.875rem}
@media(max-width:40rem){
header,main,footer,nav{padding-left:1rem;padding-right:1rem}
h1{font-size:1.375rem}
.traces{grid-template-columns:2.5rem minmax(0,1fr) 2.1rem}
.mosaic .z{display:none}
.mosaic span{padding:.1rem}
.plot.carpet{height:14rem}
dl.lists{grid-template-columns:1fr;gap:0}dl.lists dd{margin-bottom:.6rem}
.numbers thead{position:absolute;left:-99rem}
.numbers tr{display:grid;
grid-template-columns:minmax(6.5rem,1fr) auto fit-content(7rem);border-top:1px solid var(--rule);padding:.45rem 0}
.numbers th,.numbers td{border:0;padding:0 .5rem 0 0}
.plain tr,.plain th,.plain td{display:block;width:auto}
.plain tr{border-top:1px solid var(--rule);padding:.4rem 0}
.plain th,.plain td{border:0;padding:0}
.numbers td:last-child{grid-column:1/-1;color:var(--soft)}
.numbers tbody th{white-space:normal;overflow-wrap:anywhere}}
@media print{
@page{margin:14mm}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
:root{color-scheme:light}
body{font-size:10pt}
nav,.skip{display:none}
header,main,footer{max-width:none;padding-left:0;padding-right:0}
figure,.facts,tr,li{break-inside:avoid}
h2{break-after:avoid}}
"""
