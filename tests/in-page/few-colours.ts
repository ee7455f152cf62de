/** A picture with fewer colours: of words on plain ground it keeps the look at a fifth of the weight. */

/** Of each pixel the place of its colour in the palette, row by row, in base64. */
export type FewColours = {
  width: number;
  height: number;
  palette: [red: number, green: number, blue: number][];
  pixels: string;
};

type Colour = number;

export async function fewColours(pngBase64: string, coloursMax: number): Promise<FewColours> {
  const image = new Image();
  image.src = `data:image/png;base64,${pngBase64}`;
  await image.decode();
  const { width, height } = image;
  const colours = coloursOf(image);
  const palette = paletteOf(colours, coloursMax);
  const places = new Map<Colour, number>();
  const bytes = Uint8Array.from(colours, (colour) => {
    const known = places.get(colour) ?? nearest(palette, colour);
    places.set(colour, known);
    return known;
  });
  let pixels = '';
  for (const byte of bytes) pixels += String.fromCharCode(byte);
  return { width, height, palette: palette.map(channels), pixels: btoa(pixels) };
}

function coloursOf(image: HTMLImageElement): Colour[] {
  const canvas = document.createElement('canvas');
  canvas.width = image.width;
  canvas.height = image.height;
  const context = canvas.getContext('2d');
  if (!context) return [];
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  return Array.from(
    { length: image.width * image.height },
    (_, index) => new DataView(data.buffer).getUint32(index * 4) >>> 8,
  );
}

/** The most frequent colour, then always the one that is most missed: frequent, and far from those chosen. */
function paletteOf(colours: readonly Colour[], coloursMax: number): Colour[] {
  const counts = new Map<Colour, number>();
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const missed = new Map([...counts.keys()].map((colour) => [colour, Number.POSITIVE_INFINITY]));
  const palette: Colour[] = [];
  while (palette.length < Math.min(coloursMax, counts.size)) {
    let worst = { colour: 0, score: -1 };
    for (const [colour, count] of counts) {
      const away = missed.get(colour) ?? 0;
      const score = away === Number.POSITIVE_INFINITY ? count : away * count;
      if (score > worst.score) worst = { colour, score };
    }
    palette.push(worst.colour);
    for (const [colour, away] of missed)
      missed.set(colour, Math.min(away, squaredDistance(colour, worst.colour)));
  }
  return palette;
}

function nearest(palette: readonly Colour[], colour: Colour): number {
  const distances = palette.map((chosen) => squaredDistance(chosen, colour));
  return distances.indexOf(Math.min(...distances));
}

function squaredDistance(one: Colour, other: Colour): number {
  const there = channels(other);
  return channels(one).reduce((sum, channel, index) => sum + (channel - (there[index] ?? 0)) ** 2, 0);
}

function channels(colour: Colour): [red: number, green: number, blue: number] {
  return [(colour >> 16) & 255, (colour >> 8) & 255, colour & 255];
}
