# Run by the build, in two ways.
# With TEXTS: writes to OUTPUT the code points of all characters in these files and of those always there.
# With FONTS and CHARACTERS: writes OUTPUT.h and OUTPUT.cpp, the fonts as arrays and the list of characters.
cmake_minimum_required(VERSION 3.25)

# Always there, in hex: ASCII, Latin-1, Greek; dashes, quotes, primes; sub- and superscripts; letters like R and l;
# arrows; mathematics; brackets, keys; circled numbers; shapes, ticks; full-width punctuation.
set(always 20-7E A0-FF 391-3A1 3A3-3A9 3B1-3C9 3D5
  2010-2015 2018-201E 2020-2022 2026 2030 2032-2033 2039-203A 2044
  2070-2071 2074-208E 1D40 1D62-1D65 2090-209C 2102 2113 2115 211D 2124
  2190-2195 21A6 21D0-21D4 21E7
  2200 2202-2203 2205-2209 220F 2211-2213 2218 221A 221D-221E 2223 2225 2227-222B 2234-2235 223C 2248 2260-2261
  2264-2265 226A-226B 2282-2287 2295-2299 22A4-22A5 22C5-22C6 22EE-22F1
  2308-230B 2318 23CE 2460-2473 25A0-25A1 25B2-25B6 25BC-25C0 25CB 25CF 2605 2713 2717 27E8-27E9 2C7C
  3000-3003 3008-3011 3014-3015 FF01-FF5E FFE5 FFFD)

# The code points of a file in UTF-8, in decimal; each once.
function(code_points_of file result)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "(..)" "\\1 " bytes "${bytes}")
  string(REGEX MATCHALL "[cd][0-9a-f] .. |e[0-9a-f] .. .. " characters "${bytes}")
  list(REMOVE_DUPLICATES characters)
  set(found)
  foreach(character IN LISTS characters)
    string(REPLACE " " ";" b "${character}")
    list(GET b 0 first)
    list(GET b 1 second)
    list(GET b 2 third)
    if(third STREQUAL "")
      math(EXPR code "((0x${first} & 0x1f) << 6) | (0x${second} & 0x3f)")
    else()
      math(EXPR code "((0x${first} & 0x0f) << 12) | ((0x${second} & 0x3f) << 6) | (0x${third} & 0x3f)")
    endif()
    list(APPEND found ${code})
  endforeach()
  set(${result} ${found} PARENT_SCOPE)
endfunction()

function(write_if_different path content)
  if(EXISTS ${path})
    file(READ ${path} old)
    if(old STREQUAL content)
      return()
    endif()
  endif()
  file(WRITE ${path} "${content}")
endfunction()

function(collect_characters)
  set(codes)
  foreach(range IN LISTS always)
    string(REGEX MATCH "^([^-]+)-?(.*)$" unused ${range})
    math(EXPR first "0x${CMAKE_MATCH_1}")
    set(last ${first})
    if(CMAKE_MATCH_2)
      math(EXPR last "0x${CMAKE_MATCH_2}")
    endif()
    foreach(code RANGE ${first} ${last})
      list(APPEND codes ${code})
    endforeach()
  endforeach()
  foreach(text IN LISTS TEXTS)
    code_points_of(${text} more)
    list(APPEND codes ${more})
  endforeach()
  list(REMOVE_DUPLICATES codes)
  list(SORT codes COMPARE NATURAL)
  set(lines "")
  foreach(code IN LISTS codes)
    math(EXPR hex ${code} OUTPUT_FORMAT HEXADECIMAL)
    string(SUBSTRING ${hex} 2 -1 hex)
    string(APPEND lines "${hex}\n")
  endforeach()
  write_if_different(${OUTPUT} "${lines}")
endfunction()

function(embed_fonts)
  set(header "// Made by fonts_embed.cmake.\n#pragma once\n\n#include <array>\n#include <cstdint>\n#include <span>\n\n"
    "namespace draw::data {\n\n")
  string(JOIN "" header ${header})
  set(source "// Made by fonts_embed.cmake.\n#include \"fonts_data.h\"\n\nnamespace draw::data {\n\n")
  foreach(font IN LISTS FONTS)
    get_filename_component(name ${font} NAME_WE)
    file(READ ${font} bytes HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(APPEND header "extern const std::span<const unsigned char> ${name};\n")
    string(APPEND source "static constexpr unsigned char ${name}_bytes[] = {${bytes}};\n"
      "const std::span<const unsigned char> ${name}(${name}_bytes);\n\n")
  endforeach()
  file(STRINGS ${CHARACTERS} codes)
  list(LENGTH codes count)
  list(JOIN codes ", 0x" codes)
  string(APPEND header "\n/// Code points, ascending.\ninline constexpr std::array<std::uint16_t, ${count}> "
    "kCharacters = {\n0x${codes}};\n\n}  // namespace draw::data\n")
  write_if_different(${OUTPUT}.h "${header}")
  write_if_different(${OUTPUT}.cpp "${source}}  // namespace draw::data\n")
endfunction()

if(DEFINED FONTS)
  embed_fonts()
else()
  collect_characters()
endif()
