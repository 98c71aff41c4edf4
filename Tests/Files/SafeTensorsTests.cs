using LpcEngine.Engine;
using LpcEngine.Tests.Support;

namespace LpcEngine.Tests.Files;

internal sealed class SafeTensorsTests
{
    [Test]
    public void What_is_written_is_read_back()
    {
        using var folder = new TemporaryFolder();
        var writer = new SafeTensorsWriter();
        writer.Metadata["epoch"] = "7 – \"seven\"";
        writer.Add("f", [2, 3], new float[] { 1, -2, float.NaN, 4, 5, float.PositiveInfinity });
        writer.Add("d", [1], new[] { Math.PI });
        writer.Add("l", [2], new[] { long.MinValue, long.MaxValue });
        writer.Add("i", [2], new[] { int.MinValue, 3 });
        writer.Add("b", [3], new byte[] { 0, 128, 255 });
        writer.Add("scalar", [], new float[] { 9 });
        writer.Add("nothing", [0, 5], Array.Empty<float>());
        writer.Write(folder["t.safetensors"]);

        using var file = SafeTensorsFile.Open(folder["t.safetensors"]);
        Assert.That(file.Metadata["epoch"], Is.EqualTo("7 – \"seven\""));
        Assert.That(file["f"].Shape, Is.EqualTo(new long[] { 2, 3 }));
        Assert.That(file.ReadFloats("f"), Is.EqualTo(new[] { 1, -2, float.NaN, 4, 5, float.PositiveInfinity }));
        Assert.That(file.ReadDoubles("d"), Is.EqualTo(new[] { Math.PI }));
        Assert.That(file.ReadFloats("d"), Is.EqualTo(new[] { (float)Math.PI }));
        Assert.That(file.ReadInts64("l"), Is.EqualTo(new[] { long.MinValue, long.MaxValue }));
        Assert.That(file.ReadInts64("i"), Is.EqualTo(new long[] { int.MinValue, 3 }));
        Assert.That(file.ReadInts64("b"), Is.EqualTo(new long[] { 0, 128, 255 }));
        Assert.That(file.ReadBytes("b"), Is.EqualTo(new byte[] { 0, 128, 255 }));
        Assert.That(file.ReadFloats("scalar"), Is.EqualTo(new float[] { 9 }));
        Assert.That(file.ReadFloats("nothing"), Is.Empty);
    }

    [Test]
    public void The_order_of_adding_does_not_show_in_the_file_and_all_data_is_aligned()
    {
        static byte[] Bytes(params string[] order)
        {
            var writer = new SafeTensorsWriter();
            foreach (string name in order)
            {
                if (name == "b")
                {
                    writer.Add(name, [3], new byte[3]);
                }
                else if (name == "l")
                {
                    writer.Add(name, [1], new long[1]);
                }
                else
                {
                    writer.Add(name, [3], new float[3]);
                }
            }

            using var stream = new MemoryStream();
            writer.WriteTo(stream);
            return stream.ToArray();
        }

        using var folder = new TemporaryFolder();
        byte[] bytes = Bytes("b", "x", "l", "a");
        Assert.That(Bytes("a", "l", "b", "x"), Is.EqualTo(bytes));
        File.WriteAllBytes(folder["t"], bytes);
        using var file = SafeTensorsFile.Open(folder["t"]);
        Assert.That(BitConverter.ToInt64(bytes) % 8, Is.Zero);
        Assert.That(file["l"].Begin % 8, Is.Zero);
        Assert.That(file["x"].Begin % 4, Is.Zero);
    }

    [Test]
    public void Half_floats_and_brain_floats_are_widened()
    {
        using var folder = new TemporaryFolder();
        byte[] data = [.. BitConverter.GetBytes((Half)1.5f), .. BitConverter.GetBytes((Half)(-65504)), 0xC0, 0x3F, 0x80, 0xFF];
        WriteRaw(folder["t"], """{"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[4,8]}}""", data);
        using var file = SafeTensorsFile.Open(folder["t"]);
        Assert.That(file.ReadFloats("h"), Is.EqualTo(new[] { 1.5f, -65504f }));
        Assert.That(file.ReadFloats("b"), Is.EqualTo(new[] { 1.5f, float.NegativeInfinity }));
        Assert.That(file.ReadDoubles("h"), Is.EqualTo(new[] { 1.5, -65504 }));
    }

    [Test]
    public void A_wrong_name_or_type_says_what_there_is()
    {
        using var folder = new TemporaryFolder();
        WriteRaw(folder["t"], """{"weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", new byte[4]);
        using var file = SafeTensorsFile.Open(folder["t"]);
        UserErrors.Expect(() => file.ReadFloats("wieght"), "wieght", "weight");
        UserErrors.Expect(() => file.ReadInts64("weight"), "weight", "F32", "I64");
        UserErrors.Expect(() => SafeTensorsFile.Open(folder["none"]), "none");
        UserErrors.Expect(() => SafeTensorsFile.Open(folder.Path));
    }

    [Test]
    public void Names_from_a_file_neither_flood_nor_garble_a_message()
    {
        using var folder = new TemporaryFolder();
        var name = "\\u001b[31m\\n\\u202e" + new string('x', 100_000);
        WriteRaw(folder["t"], $$$"""{"{{{name}}}":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", new byte[4]);
        using var file = SafeTensorsFile.Open(folder["t"]);
        foreach (var message in new[] { UserErrors.Expect(() => file.ReadFloats("a"), "'a'"), UserErrors.Expect(() => file.ReadInts64(file.Entries[0].Name), "F32"),
            UserErrors.Expect(() => file.ReadFloats(file.Entries[0].Name + "y"), "no tensor") })
        {
            Assert.That(message, Has.Length.LessThan(500));
            Assert.That(message.Any(c => char.IsControl(c) || c == '\u202e'), Is.False);
        }
    }

    [Test]
    public void Floats_beyond_one_piece_arrive_whole()
    {
        using var folder = new TemporaryFolder();
        var writer = new SafeTensorsWriter();
        var values = Enumerable.Range(0, 2 * (1 << 18) + 3).Select(i => (float)i).ToArray();
        writer.Add("first", [1], new double[1]);
        writer.Add("many", [values.Length], values);
        writer.Write(folder["t"]);
        using var file = SafeTensorsFile.Open(folder["t"]);
        Assert.That(file.ReadFloats("many"), Is.EqualTo(values));
    }

    [Test]
    public void No_path_is_the_users_error() => UserErrors.Expect(() => SafeTensorsFile.Open(""), "path");

    [TestCase("", "JSON")]
    [TestCase("[]", "not a JSON object")]
    [TestCase("7", "not a JSON object")]
    [TestCase("{", "JSON")]
    [TestCase("{} x", "JSON")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "twice")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "does not take")]
    [TestCase("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}}""", "shape")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}}""", "shape")]
    [TestCase("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}""", "does not take")]
    [TestCase("""{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}""", "shape")]
    [TestCase("""{"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}}""", "F31")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "bytes")]
    [TestCase("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}""", "holds 8 bytes")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "overlaps")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "belong to no tensor")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "belong to no tensor")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4,8]}}""", "data_offsets")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2]}}""", "lacks")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}""", "unknown field")]
    [TestCase("""{"a":[[[[[[[[[[[[]]]]]]]]]]]]}""", "not described by an object")]
    [TestCase("""{"a":{"dtype":[[[[[[[[[[]]]]]]]]]]}}""", "dtype")]
    [TestCase("""{"__metadata__":{"a":{"b":{"c":1}}}}""", "not text")]
    [TestCase("""{"__metadata__":3}""", "not an object")]
    [TestCase("""{"\ud800":{}}""", "JSON")]
    public void A_hostile_header_is_refused_in_one_line(string header, string because)
    {
        using var folder = new TemporaryFolder();
        WriteRaw(folder["t"], header, new byte[8]);
        UserErrors.Expect(() => SafeTensorsFile.Open(folder["t"]), folder["t"], because);
    }

    [TestCase(0)]
    [TestCase(7)]
    [TestCase(8)]
    public void A_file_too_short_for_a_header_is_refused(int length)
    {
        using var folder = new TemporaryFolder();
        byte[] bytes = new byte[length];
        Array.Fill(bytes, (byte)3);
        File.WriteAllBytes(folder["t"], bytes);
        UserErrors.Expect(() => SafeTensorsFile.Open(folder["t"]), folder["t"]);
    }

    [TestCase(ulong.MaxValue)]
    [TestCase(1UL << 63)]
    [TestCase(100_000_001UL)]
    [TestCase(1000UL)]
    public void A_header_longer_than_the_file_is_refused_without_allocating_it(ulong length)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["t"], [.. BitConverter.GetBytes(length), (byte)'{', (byte)'}']);
        long before = GC.GetAllocatedBytesForCurrentThread();
        UserErrors.Expect(() => SafeTensorsFile.Open(folder["t"]), "header");
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1_000_000));
    }

    [Test]
    public void Mutated_files_are_read_or_refused_but_never_crash()
    {
        using var folder = new TemporaryFolder();
        var writer = new SafeTensorsWriter();
        writer.Metadata["k"] = "v";
        writer.Add("a", [2, 2], new float[4]);
        writer.Add("b", [3], new long[3]);
        using var stream = new MemoryStream();
        writer.WriteTo(stream);
        byte[] sound = stream.ToArray();
        for (int trial = 0; trial < 3000; trial++)
        {
            byte[] bytes = [.. sound];
            int changes = 1 + Philox.Below(1, 0, (ulong)trial, 3);
            for (int change = 0; change < changes; change++)
            {
                var (where, what, _, _) = Philox.Bits(1, 1 + (uint)change, (ulong)trial);
                bytes[where % bytes.Length] = (byte)what;
            }

            File.WriteAllBytes(folder["t"], bytes);
            try
            {
                using var file = SafeTensorsFile.Open(folder["t"]);
                foreach (var entry in file.Entries)
                {
                    file.ReadBytes(entry.Name);
                }
            }
            catch (UserErrorException)
            {
                // refused, as it should be
            }
        }
    }

    [Test]
    public void A_file_beyond_two_gigabytes_is_read_where_it_is_asked()
    {
        using var folder = new TemporaryFolder();
        const long Large = 3L << 30;
        string header = $$$"""{"large":{"dtype":"U8","shape":[{{{Large}}}],"data_offsets":[0,{{{Large}}}]},"small":{"dtype":"F32","shape":[1],"data_offsets":[{{{Large}}},{{{Large + 4}}}]}}""";
        WriteRaw(folder["t"], header, []);
        using (var stream = new FileStream(folder["t"], FileMode.Open))
        {
            stream.Seek(Large, SeekOrigin.End); // sparse: takes no room
            stream.Write(BitConverter.GetBytes(2.5f));
        }

        using var file = SafeTensorsFile.Open(folder["t"]);
        Assert.That(file.ReadFloats("small"), Is.EqualTo(new[] { 2.5f }));
        UserErrors.Expect(() => file.ReadBytes("large"), "large", "more elements than one array can hold");
    }

    private static void WriteRaw(string path, string header, byte[] data)
    {
        byte[] json = System.Text.Encoding.UTF8.GetBytes(header);
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. data]);
    }
}
