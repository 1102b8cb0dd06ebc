"""ffmpeg: generated pictures and sound through filters, two encoders and back, by several threads."""
COMMANDS = ["ffmpeg"]
EXECUTABLES = ["ffmpeg"]
LONG_ONLY = True


def run(place):
    def ffmpeg(*words):
        return place.run("ffmpeg", "-v", "error", "-nostdin", "-y", *words)

    source = ["-f", "lavfi", "-i", "testsrc2=duration=4:size=640x360:rate=25",
              "-f", "lavfi", "-i", "sine=duration=4:frequency=440"]
    ffmpeg(*source, "-vf", "hue=s=0.5,boxblur=3,scale=480:-2", "-c:v", "libx264", "-preset", "fast",
           "-threads", 4, "-c:a", "aac", "-fflags", "+bitexact", "-flags", "+bitexact", "film.mp4")
    ffmpeg("-i", "film.mp4", "-c:v", "libvpx", "-threads", 2, "-b:v", "300k", "-an",
           "-fflags", "+bitexact", "film.webm")
    return ffmpeg("-i", "film.mp4", "-f", "framemd5", "-") + \
        ffmpeg("-threads", 4, "-i", "film.webm", "-f", "framemd5", "-")
