using LpcEngine.Engine;

namespace LpcEngine.Experiments.Data;

/// <summary>Draws one synthetic image: a pure function of (seed, split, index), so that any thread can draw any image.</summary>
internal static class SyntheticImage
{
    /// <summary>Rows and columns.</summary>
    public const int Side = 32;

    private const int Distractors = 3;

    /// <summary>A colour; components from 0 to 1, except that lighting may push them beyond.</summary>
    private readonly record struct Colour(float R, float G, float B)
    {
        public static Colour Mix(Colour a, Colour b, float t) => new(a.R + (t * (b.R - a.R)), a.G + (t * (b.G - a.G)), a.B + (t * (b.B - a.B)));
    }

    /// <summary>The draws that make up a scene, taken one after the other.</summary>
    private struct Dice(ulong key)
    {
        private ulong _next;

        public float Between(float low, float high) => low + ((high - low) * Philox.Uniform(key, RandomStreams.DrawnScene, _next++));
    }

    /// <summary>Draws image <paramref name="index"/> of a split into 32×32×3 bytes.</summary>
    public static void Draw(SyntheticClass kind, ulong seed, uint split, int index, Span<byte> pixels)
    {
        var (low, high, _, _) = Philox.Bits(seed, split, (ulong)index);
        ulong key = ((ulong)high << 32) | low;
        var dice = new Dice(key);

        // The object. The order of the draws is part of the data set: a change changes every image.
        float hue = kind.HueCentre + dice.Between(-kind.HueSpread, kind.HueSpread);
        var first = FromHue(hue, dice.Between(0.45f, 1f), dice.Between(0.55f, 1f));
        var second = FromHue(hue + dice.Between(-0.08f, 0.08f), dice.Between(0.2f, 1f), dice.Between(0.05f, 0.3f));
        float centreX = 15.5f + kind.PlaceX + dice.Between(-4f, 4f), centreY = 15.5f + kind.PlaceY + dice.Between(-4f, 4f);
        float radius = dice.Between(8f, 12.5f), stretch = dice.Between(0.85f, 1.18f);
        var (sin, cos) = Turn(dice.Between(0f, 1f));
        var (textureSin, textureCos) = Turn(dice.Between(0f, 1f));
        float period = dice.Between(3.2f, 5f);

        // The background: two colours across a random direction, folded once, and small things that mean nothing.
        var near = FromHue(hue + dice.Between(0.2f, 0.8f), dice.Between(0.1f, 0.7f), dice.Between(0.1f, 0.9f));
        var far = FromHue(hue + dice.Between(0.2f, 0.8f), dice.Between(0.1f, 0.7f), dice.Between(0.1f, 0.9f));
        var (slopeY, slopeX) = Turn(dice.Between(0f, 1f));
        float fold = dice.Between(0.02f, 0.07f), phase = dice.Between(0f, 1f);
        Span<(float X, float Y, float Radius, Colour Colour)> blobs = stackalloc (float, float, float, Colour)[Distractors];
        for (int b = 0; b < Distractors; b++)
        {
            blobs[b] = (dice.Between(0, Side), dice.Between(0, Side), dice.Between(1f, 2.6f), FromHue(dice.Between(0, 1), dice.Between(0.2f, 1f), dice.Between(0.2f, 1f)));
        }

        // The light and the camera.
        float brightness = dice.Between(0.7f, 1.15f), shade = dice.Between(-0.25f, 0.25f), noise = dice.Between(0.02f, 0.07f);

        for (int row = 0; row < Side; row++)
        {
            for (int column = 0; column < Side; column++)
            {
                float wave = (((column * slopeX) + (row * slopeY)) * fold) + phase;
                var colour = Colour.Mix(near, far, 2 * MathF.Abs(wave - MathF.Floor(wave) - 0.5f));
                float dx = column - centreX, dy = row - centreY;
                float x = ((dx * cos) + (dy * sin)) * stretch / radius, y = ((dy * cos) - (dx * sin)) / (stretch * radius);
                float inside = Coverage(SyntheticShapes.Distance(kind.Shape, x, y) * radius);
                if (inside > 0)
                {
                    float u = (dx * textureCos) + (dy * textureSin), v = (dy * textureCos) - (dx * textureSin);
                    var fill = Colour.Mix(first, second, SyntheticTextures.SecondColour(kind.Texture, u, v, period));
                    colour = Colour.Mix(colour, fill, inside);
                }

                foreach (var blob in blobs)
                {
                    float bx = column - blob.X, by = row - blob.Y;
                    colour = Colour.Mix(colour, blob.Colour, Coverage(MathF.Sqrt((bx * bx) + (by * by)) - blob.Radius));
                }

                float light = brightness * (1 + (shade * dx / 16));
                int p = (row * Side) + column;
                var (n0, n1, n2, _) = Philox.Bits(key, RandomStreams.DrawnNoise, (ulong)p);
                pixels[3 * p] = ToByte((colour.R * light) + (noise * Grain(n0)));
                pixels[(3 * p) + 1] = ToByte((colour.G * light) + (noise * Grain(n1)));
                pixels[(3 * p) + 2] = ToByte((colour.B * light) + (noise * Grain(n2)));
            }
        }
    }

    /// <summary>How much of a pixel lies inside an edge that is <paramref name="distance"/> pixels away.</summary>
    private static float Coverage(float distance) => Math.Clamp(0.5f - distance, 0, 1);

    /// <summary>Noise of mean 0 and deviation 1: the sum of a word's four bytes is nearly normal and costs no logarithm.</summary>
    private static float Grain(uint word)
    {
        int sum = (int)((word & 255) + ((word >> 8) & 255) + ((word >> 16) & 255) + (word >> 24));
        return (sum - 510) * (1 / 147.8f);
    }

    private static byte ToByte(float value) => (byte)((Math.Clamp(value, 0, 1) * 255) + 0.5f);

    /// <summary>Sine and cosine in double, rounded once, so that the last digit does not hang on the platform.</summary>
    private static (float Sin, float Cos) Turn(float turns)
    {
        var (sin, cos) = Math.SinCos(2 * Math.PI * turns);
        return ((float)sin, (float)cos);
    }

    private static Colour FromHue(float hue, float saturation, float value)
    {
        float Component(float shift)
        {
            float h = hue + shift;
            float ramp = MathF.Abs((6 * (h - MathF.Floor(h))) - 3) - 1;
            return value * (1 - (saturation * (1 - Math.Clamp(ramp, 0, 1))));
        }

        return new Colour(Component(0), Component(2 / 3f), Component(1 / 3f));
    }
}
