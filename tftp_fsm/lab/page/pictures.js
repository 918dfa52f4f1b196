// What is seen, as SVG and PNG. The colours are written out, because few programs know variables.

function pictureStyle() {
  const root = getComputedStyle(document.documentElement), rules = [];
  for (const rule of document.styleSheets[0].cssRules) if (rule.cssText.startsWith(".drawing")) rules.push(rule.cssText);
  return rules.join("\n").replace(/var\((--\w+)\)/g, (_, name) => root.getPropertyValue(name).trim());
}

function picture() {
  const {svg: stage, lanes} = drawStage(lab.view, 760), sides = 250, height = Math.max(lab.view.stage.height + 20, 380);
  const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const svg = draw("svg", {xmlns: "http://www.w3.org/2000/svg", class: "drawing", width: 2 * sides + 800, height: height + 80, viewBox: `0 0 ${2 * sides + 800} ${height + 80}`},
    draw("title", {}, lab.scenario.title), draw("desc", {}, sentence(lab.view)), draw("style", {}, pictureStyle()),
    draw("rect", {width: "100%", height: "100%", fill: colour("--paper")}),
    draw("text", {class: "strong", x: 14, y: 24}, lab.scenario.title), draw("text", {x: 14, y: 44}, sentence(lab.view)),
    ...[[sides / 2, $("client-h").textContent], [sides + 20 + lanes[0], tr("client")], [sides + 20 + lanes[1], tr("server")], [sides * 1.5 + 790, $("server-h").textContent]].map(([x, name]) => draw("text", {class: "strong", x, y: 68, "text-anchor": "middle"}, name)));
  const at = (part, x, w, h) => { part.setAttribute("x", x); part.setAttribute("y", 76); part.setAttribute("width", w); part.setAttribute("height", h); svg.append(part); };
  at(drawMachine(lab.machines.client, "client", lab.view.ends.client, sides, 360), 10, sides, 360);
  at(stage, sides + 20, 760, lab.view.stage.height);
  at(drawMachine(lab.machines.server, "server", lab.view.ends.server, sides, 360), sides + 790, sides, 360);
  return svg;
}

const svgText = () => new XMLSerializer().serializeToString(picture());

function save(blob, name) {
  const address = URL.createObjectURL(blob), link = el("a", {href: address, download: name, hidden: true});
  document.body.append(link);
  link.click();
  // The link stays as long as its address: without it the browser may forget the name.
  setTimeout(() => { URL.revokeObjectURL(address); link.remove(); }, 10_000);
}

const fileName = kind => `tftp-${lab.scenario.name}-step-${lab.view.position}.${kind}`;
const saveSvg = () => save(new Blob([svgText()], {type: "image/svg+xml"}), fileName("svg"));

// Browsers refuse a picture with a longer side, or with more pixels in all.
const LARGEST = {side: 16_384, pixels: 16_777_216};

async function savePng() {
  const {width, height} = picture().viewBox.baseVal, times = Math.min(2, LARGEST.side / height, Math.sqrt(LARGEST.pixels / (width * height)));
  const image = new Image(), canvas = el("canvas", {width: Math.floor(width * times), height: Math.floor(height * times)}), name = fileName("png");
  try {
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText())}`;
    await image.decode();
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    save(await new Promise(done => canvas.toBlob(done, "image/png")), name);
  } catch {
    fails(new Error(tr("this browser cannot draw the PNG: save the SVG instead")));
  }
}
