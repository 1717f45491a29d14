{
  # A door for tools that expect node-gyp. The build itself is CMakeLists.txt; node-gyp owns build/,
  # so CMake works in a folder of its own in it.
  "targets": [
    {
      "target_name": "tensorrt_node",
      "type": "none",
      "variables": { "cmake_out": "<(module_root_dir)/build/cmake" },
      "actions": [
        {
          "action_name": "cmake",
          "message": "CMake, by scripts/build-native.mjs",
          "inputs": ["CMakeLists.txt"],
          "outputs": [
            "<(cmake_out)/Release/tensorrt_node.node",
            "<(cmake_out)/Release/libtensorrt_node_rtx1.so",
            "<(cmake_out)/Release/libtensorrt_node_trt11.so"
          ],
          "action": ["node", "<(module_root_dir)/scripts/build-native.mjs", "--out", "build/cmake"]
        }
      ],
      "copies": [
        {
          "destination": "<(PRODUCT_DIR)",
          "files": [
            "<(cmake_out)/Release/tensorrt_node.node",
            "<(cmake_out)/Release/libtensorrt_node_rtx1.so",
            "<(cmake_out)/Release/libtensorrt_node_trt11.so"
          ]
        }
      ]
    }
  ]
}
